#include "services/notifications/kinds.h"

#include <algorithm>
#include <array>

namespace tenon::services {
namespace {

constexpr std::array kKinds = {
    NoticeKind{"approval.approved", "My request was approved", "我的申请已批准",
               "{who} approved: {step}, {what}.", "{who} 已批准：{what}，{step}。"},
    NoticeKind{"approval.rejected", "My request was refused", "我的申请被驳回",
               "{who} refused: {step}, {what}. {reason}", "{who} 已驳回：{what}，{step}。{reason}"},
    NoticeKind{"approval.waiting", "Something waits for my approval", "有单据等待我审批",
               "{who} asks you to approve: {step}, {what}.", "{who} 请您审批：{what}，{step}。"},
    NoticeKind{"comment.mention", "Somebody mentioned me", "有人提到了我",
               "{who} mentioned you in a comment: {what}.", "{who} 在评论中提到了您：{what}。"},
    NoticeKind{"export.finished", "My export is ready", "我的导出已完成",
               "The export {name} is ready: {rows} rows.", "导出 {name} 已完成：共 {rows} 行。"},
    NoticeKind{"import.finished", "My import has finished", "我的导入已完成",
               "The import {name} has finished: {written} rows written, {refused} refused.",
               "导入 {name} 已完成：写入 {written} 行，拒绝 {refused} 行。"},
    NoticeKind{"job.failed", "A job failed", "任务失败", "The job {name} failed: {error}",
               "任务 {name} 失败：{error}"},
    NoticeKind{"webhook.disabled", "A webhook was switched off", "Webhook 已停用",
               "The webhook {name} was switched off after a long failure: {error}",
               "Webhook {name} 因长时间失败已停用：{error}"},
};
static_assert(std::ranges::is_sorted(kKinds, {}, &NoticeKind::name));

std::string argument(const json::object& arguments, std::string_view name, bool chinese) {
  const auto* value = arguments.if_contains(name);
  if (value == nullptr) return {};
  if (const auto* text = value->if_string()) return std::string(*text);
  if (value->is_int64()) return std::to_string(value->get_int64());
  const auto* texts = value->if_object();
  if (texts == nullptr) return {};
  for (const auto* locale : {chinese ? "zh-CN" : "en", chinese ? "en" : "zh-CN"})
    if (const auto* text = texts->if_contains(locale); text != nullptr && text->is_string())
      return std::string(text->get_string());
  return {};
}

}  // namespace

std::span<const NoticeKind> notice_kinds() noexcept { return kKinds; }

const NoticeKind* find_kind(std::string_view name) noexcept {
  const auto found = std::ranges::lower_bound(kKinds, name, {}, &NoticeKind::name);
  return found == kKinds.end() || found->name != name ? nullptr : &*found;
}

std::string text_of(const NoticeKind& kind, const json::object& arguments,
                    std::string_view locale) {
  const bool chinese = locale.starts_with("zh");
  std::string_view rest = chinese ? kind.text_zh : kind.text_en;
  std::string text;
  while (!rest.empty()) {
    const auto open = rest.find('{');
    text += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = rest.find('}', open);
    text += argument(arguments, rest.substr(open + 1, close - open - 1), chinese);
    rest.remove_prefix(close + 1);
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

}  // namespace tenon::services
