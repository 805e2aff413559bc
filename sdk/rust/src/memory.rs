//! The heap of a guest. An instance lives for one call, so the first allocation of a call must not cost a system call:
//! growing linear memory is one (measured: 5 µs of a cold call of 12). The heap therefore begins in pages the
//! component has from its start, and memory grows only when they are full.

use core::alloc::Layout;
use core::mem::MaybeUninit;
use talc::base::{binning::Binning, Talc};
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

const PAGE: usize = 65_536;
/// What a call of an ordinary handler needs, several times over.
const FIRST: usize = PAGE;
/// Room for the allocator's own words in a span that serves one allocation.
const OVERHEAD: usize = 1024;

static mut FIRST_PAGES: [MaybeUninit<u8>; FIRST] = [MaybeUninit::uninit(); FIRST];

/// The global allocator of a module: `#[global_allocator] static HEAP: memory::Heap = memory::heap();`
pub type Heap = TalcSyncCell<FirstThenGrow, WasmBinning>;

/// Requires: called once, for the global allocator. Panics: at compile time for any target but wasm32 without threads.
pub const fn heap() -> Heap {
    TalcSyncCell::new_wasm(FirstThenGrow { first_is_free: true })
}

/// Where the heap gets its memory from.
#[derive(Debug)]
pub struct FirstThenGrow {
    first_is_free: bool,
}

// SAFETY: touches no allocator but the one it is handed.
unsafe impl Source for FirstThenGrow {
    fn acquire<B: Binning>(heap: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let wanted = layout.size().saturating_add(layout.align()).saturating_add(OVERHEAD);
        let (start, size) = if heap.source.first_is_free && wanted <= FIRST {
            heap.source.first_is_free = false;
            (&raw mut FIRST_PAGES as *mut u8, FIRST)
        } else {
            let pages = wanted.div_ceil(PAGE);
            (grow(pages).ok_or(())? as *mut u8, pages * PAGE)
        };
        // SAFETY: nobody else knows these bytes; a second claim finds `first_is_free` taken.
        unsafe { heap.claim(start, size) }.map(|_| ()).ok_or(())
    }
}

/// The old end of memory, or nothing when the host's limit is reached.
#[cfg(target_arch = "wasm32")]
fn grow(pages: usize) -> Option<usize> {
    match core::arch::wasm32::memory_grow::<0>(pages) {
        usize::MAX => None,
        before => Some(before * PAGE),
    }
}
#[cfg(not(target_arch = "wasm32"))]
fn grow(_: usize) -> Option<usize> {
    None
}
