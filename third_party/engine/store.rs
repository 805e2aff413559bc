//! Engines, stores and errors: the settings the C API lacks, and a limiter that keeps count.

use crate::Data;
use std::ffi::c_void;
use wasmtime::{
    Enabled, Engine, Error, PoolConcurrencyLimitError, PoolingAllocationConfig, ResourceLimiter, Result, Store, Trap,
    UpdateDeadline,
};
use wasmtime_c_api::*;

/// Counts and bounds what a store holds. `refused`: 1 a memory, 2 a table.
#[repr(C)]
pub struct Limiter {
    memory_limit: usize,
    table_limit: usize,
    instances: usize,
    tables: usize,
    memories: usize,
    memory: usize,
    memory_peak: usize,
    table: usize,
    refused: u32,
}
impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let total = self.memory.saturating_add(desired.saturating_sub(current));
        if total > self.memory_limit {
            self.refused |= 1;
            return Ok(false);
        }
        self.memory = total;
        self.memory_peak = self.memory_peak.max(total);
        Ok(true)
    }
    fn memory_grow_failed(&mut self, _: Error) -> Result<()> {
        self.refused |= 1;
        Ok(())
    }
    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let total = self.table.saturating_add(desired.saturating_sub(current));
        if total > self.table_limit {
            self.refused |= 2;
            return Ok(false);
        }
        self.table = total;
        Ok(true)
    }
    fn table_grow_failed(&mut self, _: Error) -> Result<()> {
        self.refused |= 2;
        Ok(())
    }
    fn instances(&self) -> usize {
        self.instances
    }
    fn tables(&self) -> usize {
        self.tables
    }
    fn memories(&self) -> usize {
        self.memories
    }
}

#[derive(Clone, Copy)]
struct LimiterRef(*mut Limiter);
unsafe impl Send for LimiterRef {}
unsafe impl Sync for LimiterRef {}
impl LimiterRef {
    fn get(self) -> *mut Limiter {
        self.0
    }
}

/// A store with everything armed. `tick` is asked at each epoch: 0 go on, 1 yield, else stop. `limiter` outlives it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tenon_store_new(
    engine: &wasm_engine_t,
    state: *mut c_void,
    limiter: *mut Limiter,
    tick: unsafe extern "C" fn(*mut c_void) -> u32,
    fuel: u64,
    crossing_bytes: usize,
) -> *mut wasmtime_store_t {
    let store = Box::into_raw(wasmtime_store_new(engine, state, None));
    let inner = unsafe { &mut *store.cast::<Store<Data>>() };
    let limiter = LimiterRef(limiter);
    inner.limiter(move |_| unsafe { &mut *limiter.get() });
    inner.epoch_deadline_callback(move |context| {
        match unsafe { tick(wasmtime_context_get_data((&context).into())) } {
            0 => Ok(UpdateDeadline::Continue(1)),
            1 => Ok(UpdateDeadline::Yield(1)),
            _ => Err(Trap::Interrupt.into()),
        }
    });
    inner.set_epoch_deadline(1);
    let _ = inner.set_fuel(fuel); // fails only when the engine does not count fuel
    inner.set_hostcall_fuel(crossing_bytes);
    store
}

/// Lets the pool ask the kernel which pages a guest touched, where the kernel can tell (Linux 6.7), so that a slot is
/// reset by writing those pages only.
#[unsafe(no_mangle)]
pub extern "C" fn tenon_pool_scan_pages(pool: &mut wasmtime_pooling_allocation_config_t) {
    const _: () = assert!(size_of::<PoolingAllocationConfig>() == size_of::<wasmtime_pooling_allocation_config_t>());
    let pool = unsafe { &mut *std::ptr::from_mut(pool).cast::<PoolingAllocationConfig>() };
    pool.pagemap_scan(Enabled::Auto);
}

/// The engine of a configuration, or its error (the C API aborts instead). Takes the configuration.
#[unsafe(no_mangle)]
pub extern "C" fn tenon_engine_new(
    config: Box<wasm_config_t>,
    error: &mut Option<Box<wasmtime_error_t>>,
) -> Option<Box<wasm_engine_t>> {
    struct Config {
        config: wasmtime::Config,
    }
    const _: () = assert!(size_of::<Config>() == size_of::<wasm_config_t>());
    let config = unsafe { Box::from_raw(Box::into_raw(config).cast::<Config>()) };
    match Engine::new(&config.config) {
        Ok(engine) => Some(unsafe { Box::from_raw(Box::into_raw(Box::new(engine)).cast::<wasm_engine_t>()) }),
        Err(reason) => {
            *error = Some(Box::new(reason.into()));
            None
        }
    }
}

/// The trap code (`wasmtime_trap_code_t`) of an error; -1 none, -2 no free slot in the pool, -3 too many bytes crossed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tenon_error_code(error: *const wasmtime_error_t) -> i32 {
    let error = unsafe { &*error.cast::<Error>() };
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return *trap as i32;
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return -2;
    }
    // The type of this one is private to the engine; a test holds the text.
    if error.root_cause().to_string().contains("fuel allocated for hostcalls") { -3 } else { -1 }
}
