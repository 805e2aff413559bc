//! What every module in Rust needs beside the bindings of its contract.

#![no_std]

pub mod memory;
