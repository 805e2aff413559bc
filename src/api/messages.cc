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
    {"ambiguous", "指代不明，请写出引用字段"},
    {"batch.operation", "批量操作有误"},
    {"batch.reference", "批量操作引用了不存在的结果"},
    {"batch.size", "单次最多 500 个操作"},
    {"capability", "模块未获授权访问该数据"},
    {"cells", "单元格数量与表头不符"},
    {"characters", "含有不允许的字符"},
    {"csv.after_quote", "CSV 引号之后还有文字"},
    {"csv.cell_bytes", "CSV 单元格过长"},
    {"csv.cells", "CSV 列数过多"},
    {"csv.header", "CSV 第一行应为列名，且不重复"},
    {"csv.open_quote", "CSV 引号没有闭合"},
    {"csv.quote", "CSV 单元格中的引号有误"},
    {"csv.row_bytes", "CSV 行过长"},
    {"cursor", "游标不属于这个查询，请从头开始"},
    {"data.bulk", "单次写入的记录过多"},
    {"data.cascade", "关联的记录层次过多或数量过多"},
    {"data.fields", "有字段填写不正确"},
    {"data.filter_required", "批量修改或删除必须带有筛选条件"},
    {"data.max_affected", "符合条件的记录过多，未做任何更改"},
    {"data.not_found", "记录不存在，或您无权查看"},
    {"data.on_conflict", "这些字段不是唯一键"},
    {"data.past", "查看历史需要能看到全部完整记录的权限"},
    {"data.referenced", "仍有其他记录引用它"},
    {"data.unique", "该值已存在"},
    {"data.version", "记录已被他人修改"},
    {"duplicate", "该值已存在"},
    {"encoding", "不是有效的 UTF-8 文字"},
    {"event.hops", "事件链过长，已停止"},
    {"event.not_dead", "没有这个未送达的事件"},
    {"events.last_id", "Last-Event-ID 无效"},
    {"events.listeners", "实时连接过多，请关闭一些窗口后重试"},
    {"files.disk", "服务器磁盘空间不足"},
    {"files.empty", "文件是空的"},
    {"files.field", "该字段不存放文件"},
    {"files.missing", "文件不存在"},
    {"files.quota", "文件总量超过公司限额"},
    {"files.size", "文件过大"},
    {"files.store", "文件存储暂不可用"},
    {"forbidden", "无权修改"},
    {"format", "格式不正确"},
    {"http.body", "请求内容的分块有误"},
    {"http.body_too_large", "请求内容过大"},
    {"http.cross_site", "拒绝来自其他网站的写入请求"},
    {"http.if_match", "If-Match 需要一个版本标记，例如 \"7\""},
    {"http.login_failed", "公司、用户名或密码不正确"},
    {"http.media_type", "不支持的内容类型"},
    {"http.method", "该地址不支持此方法"},
    {"http.not_acceptable", "无法以所要求的格式回答"},
    {"http.not_found", "没有这个地址"},
    {"http.range", "Range 的写法有误，例如 0-24"},
    {"http.range_empty", "所要求的范围内没有内容"},
    {"http.timeout", "处理超时"},
    {"http.too_slow", "请求发送过慢"},
    {"http.unauthenticated", "请先登录"},
    {"idempotency.key", "幂等键应为 1 到 255 个可见 ASCII 字符"},
    {"idempotency.mismatch", "此幂等键已用于另一个请求"},
    {"idempotency.running", "使用此幂等键的第一个请求仍在处理"},
    {"idempotency.size", "回答过大，无法为重复请求保存"},
    {"json.depth", "JSON 嵌套过深"},
    {"json.duplicate", "JSON 中有重复的名称"},
    {"json.not_object", "需要一个 JSON 对象"},
    {"json.size", "JSON 过大"},
    {"json.syntax", "JSON 格式错误"},
    {"limit", "超出数量或层次限制"},
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
    {"maximum", "超过最大值"},
    {"min", "低于最小值"},
    {"minimum", "低于最小值"},
    {"module.blocked", "所依赖的模块无法使用"},
    {"module.cycle", "模块之间循环依赖"},
    {"module.exception", "模块运行出错"},
    {"module.hangs", "模块没有响应"},
    {"module.missing", "缺少所依赖的模块，请先安装并启用"},
    {"module.needed", "其他模块还需要它，请先停用或卸载那些模块"},
    {"module.needed_version", "已安装的模块不接受这个版本"},
    {"module.taken", "该名称属于平台自身的模块"},
    {"module.version", "所依赖模块的版本不符合要求"},
    {"name", "名称不符合要求"},
    {"operand", "条件的值不适用于该运算符"},
    {"operation", "操作写法有误"},
    {"operator", "运算符不存在或不适用于该字段"},
    {"option", "不是可选项之一"},
    {"overflow", "数值过大"},
    {"pattern", "格式不正确"},
    {"permission", "没有所需权限"},
    {"permit.full", "模块正忙，请稍后重试"},
    {"plugin.downgrade", "已安装更新的版本"},
    {"plugin.export", "组件与 plugin.toml 不一致"},
    {"plugin.in_use", "该模块仍在使用，请先卸载再删除其数据"},
    {"plugin.trap", "模块运行出错，未保存任何更改"},
    {"plugin.uninstalled", "该模块已卸载，如需使用请重新上传"},
    {"plugin.unknown", "没有安装这个模块"},
    {"pool.full", "系统正忙，请稍后重试"},
    {"prefer.value", "Prefer 的内容无法识别"},
    {"preference.count", "个人设置过多，请先删除一些"},
    {"query.as_of", "as_of 需要一个时间，且不支持此查询"},
    {"query.budget", "此查询需要遍历全部记录：缺少索引，请增加带索引字段的条件"},
    {"query.count", "查询参数过多"},
    {"query.cursor", "游标不属于这个查询，请从头开始"},
    {"query.departments", "下级部门过多"},
    {"query.embedded", "一页中的关联记录过多"},
    {"query.encoding", "查询的编码有误"},
    {"query.escape", "查询的编码有误"},
    {"query.groups", "分组过多，请先筛选"},
    {"query.history", "这里只接受数字 limit 和 before"},
    {"query.invalid", "查询条件有误"},
    {"query.overflow", "合计过大"},
    {"query.parameter", "查询参数有误"},
    {"query.picker", "无法按此文字选取"},
    {"query.singular", "结果不是恰好一条记录"},
    {"query.unknown_field", "没有这个字段"},
    {"range", "超出范围"},
    {"read_only", "该字段只读"},
    {"reference", "引用的记录不存在"},
    {"required", "必填"},
    {"route.taken", "该地址已被占用"},
    {"rpc.writes", "该操作会修改数据，请用 POST 发送"},
    {"scale", "小数位数过多"},
    {"schema.changed", "数据表的定义刚刚更改，请重试"},
    {"schema.consent", "部分数据将会丢失，需要管理员确认"},
    {"schema.data", "现有数据不符合新版本的要求"},
    {"schema.fields", "有字段填写不正确"},
    {"schema.migration_running", "数据表正在更改中，请稍后重试"},
    {"schema.referenced", "其他模块的数据仍引用它"},
    {"schema.unknown_entity", "没有这种数据"},
    {"storage.connection", "暂时无法连接数据库，请稍后重试"},
    {"storage.full", "磁盘空间不足"},
    {"storage.pool", "数据库正忙，请稍后重试"},
    {"storage.readers", "该公司同时进行的查询过多，请稍后重试"},
    {"storage.unknown_outcome", "保存时数据库连接中断，无法确定是否已保存；请核对后再重试"},
    {"syntax", "写法有误"},
    {"tenant.away", "该公司的数据库暂时无法连接，系统正在自动重试"},
    {"tenant.gone", "该公司目前不在此提供服务"},
    {"tenant.in_trash", "同名公司已删除但尚未清除；请先执行 tenon tenant purge"},
    {"tenant.in_use", "该公司正由另一进程使用；请先停止该进程"},
    {"tenant.moved", "该公司已迁移到别处；重启服务后恢复"},
    {"tenant.moving", "该公司正在迁移或删除，请稍后重试"},
    {"type", "类型不正确"},
    {"unique", "该值已存在"},
    {"unknown", "没有这个名称"},
    {"unknown_field", "没有这个字段"},
    {"unsupported", "不支持这种写法"},
    {"view.count", "保存的视图过多，请先删除一些"},
    {"view.foreign", "只有保存者可以修改该视图"},
    {"view.missing", "没有这个视图"},
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
