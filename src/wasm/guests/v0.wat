;; A plugin of contract v0 that makes two host calls for each event: the smallest real guest, for tests and benchmarks.
;; Memory is handed out by bumping a pointer and taken back when the event was handled.
(component
  (import "erp:plugin/host" (instance $host
    (export "db-insert" (func (param "entity" string) (param "data" (list u8)) (result (result (list u8) (error string)))))
    (export "log-write" (func (param "level" string) (param "message" string)))))

  (core module $Memory
    (memory (export "memory") 2)
    (global $top (export "top") (mut i32) (i32.const 4096))
    (func (export "realloc") (param $old i32) (param $old_size i32) (param $align i32) (param $size i32) (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $top (i32.add (local.get $at) (local.get $size)))
      (if (i32.gt_u (global.get $top) (i32.mul (memory.size) (i32.const 65536)))
        (then
          (if (i32.eq (i32.const -1) (memory.grow (i32.add (i32.const 1)
                (i32.shr_u (i32.sub (global.get $top) (i32.mul (memory.size) (i32.const 65536))) (i32.const 16)))))
            (then unreachable))))
      (local.get $at)))
  (core instance $memory (instantiate $Memory))

  (core func $db-insert (canon lower (func $host "db-insert")
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core func $log-write (canon lower (func $host "log-write") (memory (core memory $memory "memory"))))

  (core module $Main
    (import "memory" "memory" (memory 2))
    (import "memory" "top" (global $top (mut i32)))
    (import "host" "db-insert" (func $db_insert (param i32 i32 i32 i32 i32)))
    (import "host" "log-write" (func $log_write (param i32 i32 i32 i32)))
    (data (i32.const 1024) "info")
    (data (i32.const 1032) "customer")
    ;; 2048: what init and handle-event return; 2064: what db-insert returns
    (func (export "init") (result i32)
      (i32.store8 (i32.const 2048) (i32.const 0))
      (i32.const 2048))
    (func (export "handle-event") (param $type i32) (param $type_size i32) (param $data i32) (param $data_size i32)
        (result i32)
      (call $log_write (i32.const 1024) (i32.const 4) (local.get $type) (local.get $type_size))
      (call $db_insert (i32.const 1032) (i32.const 8) (local.get $data) (local.get $data_size) (i32.const 2064))
      (i32.store8 (i32.const 2048) (i32.load8_u (i32.const 2064)))
      (i32.store (i32.const 2052) (i32.load (i32.const 2068)))
      (i32.store (i32.const 2056) (i32.load (i32.const 2072)))
      (global.set $top (i32.const 4096))
      (i32.const 2048)))
  (core instance $main (instantiate $Main
    (with "memory" (instance $memory))
    (with "host" (instance (export "db-insert" (func $db-insert)) (export "log-write" (func $log-write))))))

  (func $init (result (result (error string)))
    (canon lift (core func $main "init") (memory (core memory $memory "memory"))))
  (func $handle-event (param "event-type" string) (param "payload" (list u8)) (result (result (error string)))
    (canon lift (core func $main "handle-event") (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (instance $plugin (export "init" (func $init)) (export "handle-event" (func $handle-event)))
  (export "erp:plugin/plugin" (instance $plugin)))
