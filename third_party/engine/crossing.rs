//! The typed crossing: what the engine's C API lacks, for `src/wasm` (see `src/wasm/crossing.h`, which declares the
//! same functions). It casts the C API's transparent types to the engine's own and translates values of the few
//! signatures on the hot path; it decides nothing. Nothing here panics on what a guest does.

use std::borrow::Cow;
use std::ffi::c_void;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, ComponentType, Instance, InstancePre, Lift, Linker,
    LinkerInstance, Lower, Val, WasmList, WasmStr,
};
use wasmtime::{Error, Result, Store, StoreContextMut};
pub use wasmtime_c_api::*;

mod store;

type Data = WasmtimeStoreData;

// ---- values: the layout of tenon::wasm::Value and of crossing.h ----

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Value {
    kind: u32,
    number: u64,
    data: *const u8,
    size: usize,
}
const NUMBER: u32 = 2;
const TEXT: u32 = 6;
const BYTES: u32 = 7;
const ENUMERATION: u32 = 8;

impl Value {
    const NOTHING: Value = Value { kind: 0, number: 0, data: std::ptr::null(), size: 0 };
    fn span(kind: u32, bytes: &[u8]) -> Value {
        Value { kind, number: 0, data: bytes.as_ptr(), size: bytes.len() }
    }
    /// The bytes live as long as the crossing they are used in: C++ keeps them until the next one.
    unsafe fn bytes(&self) -> &'static [u8] {
        if self.size == 0 { &[] } else { unsafe { std::slice::from_raw_parts(self.data, self.size) } }
    }
    unsafe fn text(&self) -> Result<&'static str> {
        Ok(std::str::from_utf8(unsafe { self.bytes() })?)
    }
}

/// What one side answers. `form`: 0 a plain value or ok, 1 the error case, 2 end the call, 3 not yet.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Answer {
    form: u32,
    code: u32,
    value: Value,
    fields: Value,
}
const FAILED: u32 = 1;
const TRAP: u32 = 2;
const PENDING: u32 = 3;
unsafe impl Send for Answer {}
unsafe impl Sync for Answer {}

impl Answer {
    const EMPTY: Answer = Answer { form: 0, code: 0, value: Value::NOTHING, fields: Value::NOTHING };
    fn ok(value: Value) -> Answer {
        Answer { value, ..Answer::EMPTY }
    }
    fn failed(code: u32, message: &str, fields: &str) -> Answer {
        Answer {
            form: FAILED,
            code,
            value: Value::span(TEXT, message.as_bytes()),
            fields: Value::span(TEXT, fields.as_bytes()),
        }
    }
}

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[rustfmt::skip]
#[allow(dead_code)]
enum ErrorCode {
    #[component(name = "invalid")] Invalid,
    #[component(name = "not-found")] NotFound,
    #[component(name = "conflict")] Conflict,
    #[component(name = "denied")] Denied,
    #[component(name = "exhausted")] Exhausted,
    #[component(name = "unavailable")] Unavailable,
    #[component(name = "cancelled")] Cancelled,
    #[component(name = "internal")] Internal,
}
const CODES: [ErrorCode; 8] = [
    ErrorCode::Invalid,
    ErrorCode::NotFound,
    ErrorCode::Conflict,
    ErrorCode::Denied,
    ErrorCode::Exhausted,
    ErrorCode::Unavailable,
    ErrorCode::Cancelled,
    ErrorCode::Internal,
];

#[derive(ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[rustfmt::skip]
#[derive(Clone, Copy)]
#[allow(dead_code)]
enum Level {
    #[component(name = "debug")] Debug,
    #[component(name = "info")] Info,
    #[component(name = "warn")] Warn,
    #[component(name = "error")] Error,
}

#[derive(ComponentType, Lower)]
#[component(record)]
struct ErrorOut {
    code: ErrorCode,
    message: &'static str,
    fields: &'static str,
}

#[derive(ComponentType, Lift)]
#[component(record)]
struct ErrorIn {
    code: ErrorCode,
    message: String,
    fields: String,
}

// ---- host functions ----

#[repr(C)]
#[derive(Clone, Copy)]
pub struct HostFunction {
    invoke: unsafe extern "C" fn(*const c_void, *mut c_void, *const Value, usize, *mut Answer),
    resume: unsafe extern "C" fn(*mut c_void, *mut Answer),
    function: *const c_void,
}
unsafe impl Send for HostFunction {}
unsafe impl Sync for HostFunction {}

#[derive(Clone, Copy)]
struct State(*mut c_void);
unsafe impl Send for State {}

/// One parameter of a host function, borrowed from guest memory where it can be.
trait Parameter: ComponentType + Lift + 'static {
    type Held<'a>;
    fn hold<'a>(&self, store: &'a StoreContextMut<'_, Data>) -> Result<Self::Held<'a>>;
    fn value(held: &Self::Held<'_>) -> Value;
}
impl Parameter for WasmStr {
    type Held<'a> = Cow<'a, str>;
    fn hold<'a>(&self, store: &'a StoreContextMut<'_, Data>) -> Result<Cow<'a, str>> {
        self.to_str(store)
    }
    fn value(held: &Cow<'_, str>) -> Value {
        Value::span(TEXT, held.as_bytes())
    }
}
impl Parameter for WasmList<u8> {
    type Held<'a> = &'a [u8];
    fn hold<'a>(&self, store: &'a StoreContextMut<'_, Data>) -> Result<&'a [u8]> {
        Ok(self.as_le_slice(store))
    }
    fn value(held: &&[u8]) -> Value {
        Value::span(BYTES, held)
    }
}
impl Parameter for u64 {
    type Held<'a> = u64;
    fn hold(&self, _: &StoreContextMut<'_, Data>) -> Result<u64> {
        Ok(*self)
    }
    fn value(held: &u64) -> Value {
        Value { kind: NUMBER, number: *held, ..Value::NOTHING }
    }
}
impl Parameter for Level {
    type Held<'a> = Level;
    fn hold(&self, _: &StoreContextMut<'_, Data>) -> Result<Level> {
        Ok(*self)
    }
    fn value(held: &Level) -> Value {
        Value { kind: ENUMERATION, number: *held as u64, ..Value::NOTHING }
    }
}

trait Parameters: ComponentNamedList + Lift + 'static {
    fn invoke(&self, store: &StoreContextMut<'_, Data>, host: &HostFunction, state: State) -> Result<Answer>;
}
macro_rules! parameters {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Parameter),*> Parameters for ($($name,)*)
        where
            ($($name,)*): ComponentNamedList + Lift + 'static,
        {
            #[allow(unused_variables)]
            fn invoke(&self, store: &StoreContextMut<'_, Data>, host: &HostFunction, state: State) -> Result<Answer> {
                let held = ($(self.$index.hold(store)?,)*);
                let values: &[Value] = &[$($name::value(&held.$index)),*];
                let mut answer = Answer::EMPTY;
                unsafe { (host.invoke)(host.function, state.0, values.as_ptr(), values.len(), &mut answer) };
                if answer.form == TRAP { Err(Error::msg("ended by the host")) } else { Ok(answer) }
            }
        }
    };
}
parameters!();
parameters!(A 0);
parameters!(A 0, B 1);
parameters!(A 0, B 1, C 2);
parameters!(A 0, B 1, C 2, D 3);

/// A result as the engine lowers it.
trait Outcome: Sized + ComponentNamedList + Lower + Send + Sync + 'static {
    fn from(answer: &Answer) -> Result<Self>;
}
impl Outcome for () {
    fn from(_: &Answer) -> Result<()> {
        Ok(())
    }
}
impl Outcome for (u64,) {
    fn from(answer: &Answer) -> Result<Self> {
        Ok((answer.value.number,))
    }
}
impl Outcome for (bool,) {
    fn from(answer: &Answer) -> Result<Self> {
        Ok((answer.value.number != 0,))
    }
}
impl Outcome for (&'static str,) {
    fn from(answer: &Answer) -> Result<Self> {
        Ok((unsafe { answer.value.text() }?,))
    }
}
impl Outcome for (Result<&'static str, ErrorOut>,) {
    fn from(answer: &Answer) -> Result<Self> {
        let text = unsafe { answer.value.text() }?;
        if answer.form != FAILED {
            return Ok((Ok(text),));
        }
        let code = *CODES.get(answer.code as usize).unwrap_or(&ErrorCode::Internal);
        let fields = unsafe { answer.fields.text() }?;
        Ok((Err(ErrorOut { code, message: text, fields }),))
    }
}
impl Outcome for (Result<&'static [u8], &'static str>,) {
    fn from(answer: &Answer) -> Result<Self> {
        Ok((if answer.form == FAILED {
            Err(unsafe { answer.value.text() }?)
        } else {
            Ok(unsafe { answer.value.bytes() })
        },))
    }
}
impl Outcome for (Result<(), &'static str>,) {
    fn from(answer: &Answer) -> Result<Self> {
        Ok((if answer.form == FAILED { Err(unsafe { answer.value.text() }?) } else { Ok(()) },))
    }
}

fn state_of(store: &StoreContextMut<'_, Data>) -> State {
    State(wasmtime_context_get_data(store.into()))
}

fn define<P: Parameters, R: Outcome>(
    instance: &mut LinkerInstance<'_, Data>,
    name: &str,
    waits: bool,
    host: HostFunction,
) -> Result<()> {
    if !waits {
        return instance.func_wrap(name, move |store: StoreContextMut<'_, Data>, params: P| {
            R::from(&params.invoke(&store, &host, state_of(&store))?)
        });
    }
    instance.func_wrap_async(name, move |store: StoreContextMut<'_, Data>, params: P| {
        let state = state_of(&store);
        let answer = params.invoke(&store, &host, state);
        Box::new(async move {
            let mut answer = answer?;
            while answer.form == PENDING {
                Wait { host, state, answer: &mut answer }.await;
            }
            if answer.form == TRAP { Err(Error::msg("ended by the host")) } else { R::from(&answer) }
        })
    })
}

/// Gives the thread back once for each poll that finds no answer yet.
struct Wait<'a> {
    host: HostFunction,
    state: State,
    answer: &'a mut Answer,
}
impl Future for Wait<'_> {
    type Output = ();
    fn poll(self: Pin<&mut Self>, _: &mut Context) -> Poll<()> {
        let wait = self.get_mut();
        unsafe { (wait.host.resume)(wait.state.0, wait.answer) };
        if wait.answer.form == PENDING { Poll::Pending } else { Poll::Ready(()) }
    }
}

/// Defines a host function of a typed shape. Gives false for a shape that is not typed here.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tenon_linker_define(
    instance: *mut wasmtime_component_linker_instance_t<'_>,
    name: *const u8,
    size: usize,
    parameters: u32,
    result: u32,
    waits: bool,
    host: &HostFunction,
    error: &mut Option<Box<wasmtime_error_t>>,
) -> bool {
    type S = WasmStr;
    let instance = unsafe { &mut *instance.cast::<LinkerInstance<'_, Data>>() };
    let defined = std::str::from_utf8(unsafe { std::slice::from_raw_parts(name, size) })
        .map_err(Error::from)
        .and_then(|name| {
            macro_rules! with_result {
                ($params:ty) => {
                    match result {
                        0 => define::<$params, ()>(instance, name, waits, *host),
                        1 => define::<$params, (u64,)>(instance, name, waits, *host),
                        2 => define::<$params, (bool,)>(instance, name, waits, *host),
                        3 => define::<$params, (&'static str,)>(instance, name, waits, *host),
                        4 => define::<$params, (Result<&'static str, ErrorOut>,)>(instance, name, waits, *host),
                        5 => define::<$params, (Result<&'static [u8], &'static str>,)>(instance, name, waits, *host),
                        6 => define::<$params, (Result<(), &'static str>,)>(instance, name, waits, *host),
                        _ => return Ok(false),
                    }
                };
            }
            match parameters {
                0 => with_result!(()),
                1 => with_result!((S,)),
                2 => with_result!((S, S)),
                3 => with_result!((S, S, S)),
                4 => with_result!((S, u64)),
                5 => with_result!((S, S, u64)),
                6 => with_result!((S, S, S, u64)),
                7 => with_result!((S, WasmList<u8>)),
                8 => with_result!((Level, S)),
                _ => return Ok(false),
            }?;
            Ok(true)
        });
    defined.unwrap_or_else(|reason| {
        *error = Some(Box::new(reason.into()));
        true
    })
}

// ---- programs and calls ----

#[unsafe(no_mangle)]
pub unsafe extern "C" fn tenon_program_new(
    linker: *const wasmtime_component_linker_t,
    component: *const wasmtime_component_t,
    error: &mut Option<Box<wasmtime_error_t>>,
) -> Option<Box<InstancePre<Data>>> {
    let linker = unsafe { &*linker.cast::<Linker<Data>>() };
    match linker.instantiate_pre(unsafe { &*component.cast::<Component>() }) {
        Ok(program) => Some(Box::new(program)),
        Err(reason) => {
            *error = Some(Box::new(reason.into()));
            None
        }
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn tenon_program_delete(_: Box<InstancePre<Data>>) {}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Target {
    program: *const InstancePre<Data>,
    function: *const ComponentExportIndex,
    parameters: u32, // as for tenon_linker_define; 99 for dynamic values
    result: u32,
    accept: unsafe extern "C" fn(*mut c_void, *const Answer),
}

/// A result as the engine lifts it.
trait Income: Sized + ComponentNamedList + Lift + Send + Sync + 'static {
    fn answer(&self) -> Answer;
}
impl Income for (Result<String, ErrorIn>,) {
    fn answer(&self) -> Answer {
        match &self.0 {
            Ok(text) => Answer::ok(Value::span(TEXT, text.as_bytes())),
            Err(error) => Answer::failed(error.code as u32, &error.message, &error.fields),
        }
    }
}
impl Income for (Result<Vec<u8>, String>,) {
    fn answer(&self) -> Answer {
        match &self.0 {
            Ok(bytes) => Answer::ok(Value::span(BYTES, bytes)),
            Err(message) => Answer::failed(ErrorCode::Internal as u32, message, ""),
        }
    }
}
impl Income for (Result<(), String>,) {
    fn answer(&self) -> Answer {
        match &self.0 {
            Ok(()) => Answer::EMPTY,
            Err(message) => Answer::failed(ErrorCode::Internal as u32, message, ""),
        }
    }
}

pub struct Call<'a>(Pin<Box<dyn Future<Output = Result<()>> + 'a>>);

async fn run<P, R>(store: &mut Store<Data>, instance: &mut Instance, target: Target, params: P) -> Result<()>
where
    P: ComponentNamedList + Lower + Send + Sync,
    R: Income,
{
    instantiate(store, instance, &target).await?;
    let function = instance.get_typed_func::<P, R>(&mut *store, unsafe { &*target.function })?;
    let result = function.call_async(&mut *store, params).await?;
    let state = wasmtime_context_get_data((&*store).into());
    unsafe { (target.accept)(state, &result.answer()) };
    Ok(())
}

async fn run_dynamic(
    store: &mut Store<Data>,
    instance: &mut Instance,
    target: Target,
    arguments: Vec<Val>,
    results: &mut [wasmtime_component_val_t],
) -> Result<()> {
    instantiate(store, instance, &target).await?;
    let function = instance
        .get_func(&mut *store, unsafe { &*target.function })
        .ok_or_else(|| Error::msg("the export is gone"))?;
    let mut lifted = vec![Val::Bool(false); results.len()];
    function.call_async(&mut *store, &arguments, &mut lifted).await?;
    for (result, value) in results.iter_mut().zip(&lifted) {
        *result = value.into();
    }
    let state = wasmtime_context_get_data((&*store).into());
    unsafe { (target.accept)(state, &Answer::EMPTY) };
    Ok(())
}

/// `instance` is zeroed (no store has the number 0) until the program was instantiated.
async fn instantiate(store: &mut Store<Data>, instance: &mut Instance, target: &Target) -> Result<()> {
    if unsafe { std::ptr::from_ref(instance).cast::<u64>().read() } == 0 {
        *instance = unsafe { &*target.program }.instantiate_async(&mut *store).await?;
    }
    Ok(())
}

/// Prepares a call; nothing runs before the first poll. Null when the shape is not typed here or a text is not UTF-8.
/// All pointers outlive the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tenon_call_new<'a>(
    store: *mut wasmtime_store_t,
    instance: &'a mut Instance,
    target: &Target,
    arguments: *const Value,
    count: usize,
) -> Option<Box<Call<'a>>> {
    type T = &'static str;
    type B = &'static [u8];
    let store = unsafe { &mut *store.cast::<Store<Data>>() };
    let arguments = if count == 0 { &[] } else { unsafe { std::slice::from_raw_parts(arguments, count) } };
    let target = *target;
    let text = |index: usize| unsafe { arguments.get(index)?.text().ok() };
    let bytes = |index: usize| unsafe { Some(arguments.get(index)?.bytes()) };
    macro_rules! with_result {
        ($params:ty, $values:expr) => {
            match target.result {
                4 => Box::pin(run::<$params, (Result<String, ErrorIn>,)>(store, instance, target, $values)) as Pin<Box<_>>,
                5 => Box::pin(run::<$params, (Result<Vec<u8>, String>,)>(store, instance, target, $values)),
                6 => Box::pin(run::<$params, (Result<(), String>,)>(store, instance, target, $values)),
                _ => return None,
            }
        };
    }
    let future: Pin<Box<dyn Future<Output = Result<()>> + 'a>> = match target.parameters {
        0 => with_result!((), ()),
        1 => with_result!((T,), (text(0)?,)),
        2 => with_result!((T, T), (text(0)?, text(1)?)),
        3 => with_result!((T, T, T), (text(0)?, text(1)?, text(2)?)),
        7 => with_result!((T, B), (text(0)?, bytes(1)?)),
        _ => return None,
    };
    Some(Box::new(Call(future)))
}

/// The same with dynamic values. `results` are initialised and outlive the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tenon_call_new_dynamic<'a>(
    store: *mut wasmtime_store_t,
    instance: &'a mut Instance,
    target: &Target,
    arguments: *const wasmtime_component_val_t,
    count: usize,
    results: *mut wasmtime_component_val_t,
    result_count: usize,
) -> Box<Call<'a>> {
    let store = unsafe { &mut *store.cast::<Store<Data>>() };
    let arguments = (0..count).map(|index| Val::from(unsafe { &*arguments.add(index) })).collect();
    let results =
        if result_count == 0 { &mut [] } else { unsafe { std::slice::from_raw_parts_mut(results, result_count) } };
    Box::new(Call(Box::pin(run_dynamic(store, instance, *target, arguments, results))))
}

/// 0 not yet, 1 done (the answer was accepted), 2 failed.
#[unsafe(no_mangle)]
pub extern "C" fn tenon_call_poll(call: &mut Call<'_>, error: &mut Option<Box<wasmtime_error_t>>) -> u32 {
    match call.0.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => 0,
        Poll::Ready(Ok(())) => 1,
        Poll::Ready(Err(reason)) => {
            *error = Some(Box::new(reason.into()));
            2
        }
    }
}

/// Dropping a suspended call unwinds its fiber.
#[unsafe(no_mangle)]
pub extern "C" fn tenon_call_delete(_: Box<Call<'_>>) {}
