# tenon_guest(): builds a WebAssembly component from guest sources. See sdk/.
