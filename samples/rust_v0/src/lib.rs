//! The smallest module in Rust: on any event it stores one row and says so. The same behaviour as `samples/cpp_v0`.

use erp::plugin::host;
use exports::erp::plugin::plugin::Guest;

wit_bindgen::generate!({ world: "plugin-world", path: "../../wit/v0" });

#[global_allocator]
static HEAP: tenon_plugin::memory::Heap = tenon_plugin::memory::heap();

struct Sample;

impl Guest for Sample {
    fn init() -> Result<(), String> {
        host::log_write("info", "测试插件初始化成功");
        Ok(())
    }

    fn handle_event(event_type: String, _payload: Vec<u8>) -> Result<(), String> {
        host::db_insert("test_entity", br#"{"name":"test"}"#)?;
        host::log_write("info", &format!("处理事件 {event_type} 成功"));
        Ok(())
    }
}

export!(Sample);
