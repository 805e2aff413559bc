#include "api/messages.h"

#include <algorithm>
#include <array>

namespace tenon::api {
namespace {

struct CodeText {
  std::string_view title_en, title_zh, hint_en, hint_zh;
};

// In the order of ErrorCode.
constexpr std::array<CodeText, 8> kCodes = {{
    {"Invalid request", "请求有误", "Correct what is named and send it again.",
     "请按提示改正后重试。"},
    {"Not found", "未找到", "Check the address, or ask for access to it.",
     "请核对地址，或申请访问权限。"},
    {"Conflict", "冲突", "Read the current version, merge your change and save again.",
     "请读取最新版本，合并修改后再保存。"},
    {"Not allowed", "没有权限", "Ask an administrator for the right that is named.",
     "请向管理员申请相应权限。"},
    {"Limit reached", "超出限额", "Ask for less at once, or try again later.",
     "请减少单次处理量，或稍后重试。"},
    {"Unavailable", "暂不可用", "Try again in a moment.", "请稍后重试。"},
    {"Cancelled", "已取消", "Try again.", "请重试。"},
    {"Internal error", "内部错误", "Try again; if it stays, tell your administrator the trace id.",
     "请重试；若仍失败，请把追踪号告诉管理员。"},
}};

struct Text {
  std::string_view key, zh;
};

// Sorted by key: looked up by binary search (a static assertion keeps it so).
constexpr auto kTexts = std::to_array<Text>({
    {"capability", "模块未获授权访问该数据"},
    {"common", "过于常见，请换一个"},
    {"data.fields", "有字段填写不正确"},
    {"data.not_found", "记录不存在，或您无权查看"},
    {"data.referenced", "仍有其他记录引用它"},
    {"data.scope", "您可以查看该记录，但无权修改"},
    {"data.unique", "该值已存在"},
    {"data.version", "记录已被他人修改"},
    {"department.cycle", "部门不能位于自己之下"},
    {"department.depth", "部门最多 16 级"},
    {"department.escalation", "只能在本部门及下级部门范围内调整"},
    {"department.exists", "同级已有同名部门"},
    {"department.in_use", "该部门仍有成员或下级部门，请先移走"},
    {"department.unknown", "没有这个部门"},
    {"duplicate", "该值已存在"},
    {"forbidden", "无权修改"},
    {"format", "格式不正确"},
    {"http.body_too_large", "请求内容过大"},
    {"http.cross_site", "拒绝来自其他网站的写入请求"},
    {"http.if_match", "If-Match 应为一个版本标记，如 \"7\""},
    {"http.login_failed", "公司、用户名或密码不正确"},
    {"http.media_type", "不支持的内容类型"},
    {"http.method", "该地址不支持此方法"},
    {"http.not_found", "没有这个地址"},
    {"http.timeout", "处理超时"},
    {"http.token", "令牌无效或已失效"},
    {"http.unauthenticated", "请先登录"},
    {"idempotency.mismatch", "此幂等键已用于另一个请求"},
    {"idempotency.running", "使用此幂等键的第一个请求仍在处理"},
    {"json.depth", "JSON 嵌套过深"},
    {"json.duplicate", "JSON 中有重复的名称"},
    {"json.not_object", "需要一个 JSON 对象"},
    {"json.size", "JSON 过大"},
    {"json.syntax", "JSON 格式错误"},
    {"limit.batch", "单次最多 500 条记录"},
    {"limit.bytes", "模块传输的数据过多，已停止，未保存任何更改"},
    {"limit.component", "组件文件不能超过 32 MiB"},
    {"limit.crossing", "模块单次传输的数据过大，已停止，未保存任何更改"},
    {"limit.depth", "模块调用层次过深"},
    {"limit.events", "模块发布的事件过多，已停止，未保存任何更改"},
    {"limit.fuel", "模块用尽了计算限额，已停止，未保存任何更改"},
    {"limit.guest_time", "模块运行超时，已停止，未保存任何更改"},
    {"limit.log_bytes", "模块写日志过多，已停止，未保存任何更改"},
    {"limit.log_lines", "模块写日志过多，已停止，未保存任何更改"},
    {"limit.memory", "模块用尽了内存限额，已停止，未保存任何更改"},
    {"limit.queries", "模块查询次数过多，已停止，未保存任何更改"},
    {"limit.rows_read", "模块读写的行数过多，已停止，未保存任何更改"},
    {"limit.rows_written", "模块读写的行数过多，已停止，未保存任何更改"},
    {"limit.stack", "模块的调用栈溢出，已停止，未保存任何更改"},
    {"limit.table", "模块用尽了表限额，已停止，未保存任何更改"},
    {"limit.wall", "模块运行超时，已停止，未保存任何更改"},
    {"manifest.invalid", "plugin.toml 有误"},
    {"max", "超过最大值"},
    {"max_length", "超过最大长度"},
    {"min", "低于最小值"},
    {"min_length", "少于最小长度"},
    {"oidc.answer", "登录服务未按要求应答"},
    {"oidc.discovery", "登录服务的配置与声明不符"},
    {"oidc.journey", "登录已超时，请重新开始"},
    {"oidc.refused", "登录服务未予放行"},
    {"oidc.token", "登录服务的应答无法证明身份，请重试"},
    {"oidc.unknown_user", "登录服务认识您，但本公司没有使用该邮箱的用户，请联系管理员"},
    {"operator.exists", "已有同名运维人员"},
    {"option", "不是可选项之一"},
    {"outbound.address", "不允许从这里访问该地址"},
    {"outbound.answer", "对方服务的应答无效"},
    {"outbound.connect", "无法连接对方服务"},
    {"outbound.tls", "对方服务的证书不可信"},
    {"outbound.url", "需要 https://主机/路径 形式的地址"},
    {"own_name", "与用户名或公司名过于接近"},
    {"pattern", "格式不正确"},
    {"permission", "没有所需权限"},
    {"permit.full", "模块正忙，请稍后重试"},
    {"plan.departments", "已达到套餐允许的部门数"},
    {"plan.storage", "公司的存储空间已用完"},
    {"plan.users", "已达到套餐允许的用户数"},
    {"plugin.downgrade", "已安装更新的版本"},
    {"plugin.export", "组件与 plugin.toml 不一致"},
    {"plugin.trap", "模块运行出错，未保存任何更改"},
    {"plugin.unknown", "没有安装这个模块"},
    {"pool.full", "系统正忙，请稍后重试"},
    {"provider.limit", "登录服务数量已达上限"},
    {"provider.unknown", "没有这个登录服务"},
    {"query.invalid", "查询条件有误"},
    {"query.parameter", "查询条件有误"},
    {"range", "超出范围"},
    {"read_only", "该字段只读"},
    {"reference", "引用的记录不存在"},
    {"required", "必填"},
    {"role.built_in", "管理员角色不能修改"},
    {"role.escalation", "不能授予您自己没有的权限"},
    {"role.exists", "已有同名角色"},
    {"role.limit", "角色数量已达上限"},
    {"role.unknown", "没有这个角色"},
    {"scale", "小数位数过多"},
    {"schema.fields", "有字段填写不正确"},
    {"schema.unknown_entity", "没有这种数据"},
    {"seal.open", "无法用本服务器的密钥解开已保存的机密"},
    {"session.code_required", "请输入身份验证器中的验证码"},
    {"session.code_wrong", "验证码错误或已被使用"},
    {"session.read_only", "您正以他人的视角查看，不能修改；请先退出该视角"},
    {"session.throttled", "登录尝试过于频繁，请稍后再试"},
    {"storage.connection", "暂时无法连接数据库，请稍后重试"},
    {"storage.full", "磁盘空间不足"},
    {"storage.pool", "数据库正忙，请稍后重试"},
    {"storage.readers", "该公司同时进行的查询过多，请稍后重试"},
    {"storage.unknown_outcome", "保存时数据库连接中断，无法确定是否已保存；请核对后再重试"},
    {"tenant.away", "该公司的数据库暂时无法连接，系统正在自动重试"},
    {"tenant.exists", "已有同名公司"},
    {"tenant.gone", "该公司目前不在此提供服务"},
    {"tenant.name", "公司标识由 1 至 40 个 a-z、0-9 和 - 组成"},
    {"tenant.unknown", "没有这个公司"},
    {"ticket.invalid", "链接已被使用或已过期，请重新获取"},
    {"token.limit", "API 令牌数量已达上限，请先停用一个"},
    {"token.unknown", "没有这个令牌"},
    {"totp.code", "验证码不正确，请核对手机与服务器的时间"},
    {"totp.not_begun", "请先获取密钥"},
    {"type", "类型不正确"},
    {"unique", "该值已存在"},
    {"unknown", "未知"},
    {"unknown_field", "没有这个字段"},
    {"user.deactivated", "该用户已停用，请先启用"},
    {"user.escalation", "该用户拥有您没有的权限，请联系管理员"},
    {"user.exists", "已有同名用户或相同邮箱"},
    {"user.last_administrator", "这是最后一位管理员，请先指定另一位"},
    {"user.password", "密码不符合要求"},
    {"user.self", "不能停用自己，请由另一位管理员操作"},
    {"user.successor", "只能交接给另一位未停用的用户"},
    {"user.unknown", "没有这个用户"},
    {"user.wrong_password", "密码不正确"},
    {"wasm.core_module", "需要 WebAssembly 组件，而不是核心模块"},
    {"wasm.import", "组件需要主机不提供的功能"},
    {"wasm.invalid", "组件无效"},
    {"wasm.nested", "组件嵌套过深"},
    {"wasm.not_wasm", "不是 WebAssembly 文件"},
    {"wasm.truncated", "WebAssembly 文件不完整"},
});
static_assert(std::ranges::is_sorted(kTexts, {}, &Text::key));

const CodeText& texts_of(ErrorCode code) noexcept { return kCodes[static_cast<std::size_t>(code)]; }

bool is_chinese(std::string_view locale) noexcept { return locale.starts_with("zh"); }

}  // namespace

std::string_view title_of(ErrorCode code, std::string_view locale) noexcept {
  return is_chinese(locale) ? texts_of(code).title_zh : texts_of(code).title_en;
}

std::string_view hint_of(ErrorCode code, std::string_view locale) noexcept {
  return is_chinese(locale) ? texts_of(code).hint_zh : texts_of(code).hint_en;
}

std::optional<std::string_view> chinese(std::string_view reason_or_code) noexcept {
  const auto* text = std::ranges::lower_bound(kTexts, reason_or_code, {}, &Text::key);
  if (text == kTexts.end() || text->key != reason_or_code) return std::nullopt;
  return text->zh;
}

}  // namespace tenon::api
