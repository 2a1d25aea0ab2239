;; Finds the single bit whose flip makes the XXH64 of some bytes the wanted one.
;;
;; A stripe of 32 bytes has a word for each of four lanes, which are independent until the end. So trying a bit costs one
;; lane's rounds from its stripe on, a quarter of hashing the rest; eight bits are tried at once, which hides the latency
;; of multiplications.
;;
;; Source: the xxHash specification, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
;; Compile: npm run wasm
(module
  (memory (export "memory") 1)

  ;; The lanes after the last stripe of the unchanged bytes; where the rest begins and ends; the wanted hash.
  (global $a (mut i64) (i64.const 0))
  (global $b (mut i64) (i64.const 0))
  (global $c (mut i64) (i64.const 0))
  (global $d (mut i64) (i64.const 0))
  (global $rest (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))
  (global $wanted (mut i64) (i64.const 0))

  (func $round (param $lane i64) (param $word i64) (result i64)
    (i64.mul (i64.rotl (i64.add (local.get $lane) (i64.mul (local.get $word) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))

  (func $merge (param $hash i64) (param $lane i64) (result i64)
    (i64.add
      (i64.mul (i64.xor (local.get $hash) (call $round (i64.const 0) (local.get $lane))) (i64.const 0x9e3779b185ebca87))
      (i64.const 0x85ebca77c2b2ae63)))

  ;; The initial state of a lane.
  (func $start (param $lane i32) (result i64)
    (select (i64.const 0x60ea27eeadc0b5d6)
      (select (i64.const 0xc2b2ae3d27d4eb4f)
        (select (i64.const 0) (i64.const 0x61c8864e7a143579) (i32.eq (local.get $lane) (i32.const 2)))
        (i32.eq (local.get $lane) (i32.const 1)))
      (i32.eqz (local.get $lane))))

  ;; Whether the hash is the wanted one if a lane ends in another state.
  (func $fits (param $lane i32) (param $state i64) (result i32)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64) (local $hash i64) (local $at i32)
    (local.set $a (select (local.get $state) (global.get $a) (i32.eqz (local.get $lane))))
    (local.set $b (select (local.get $state) (global.get $b) (i32.eq (local.get $lane) (i32.const 1))))
    (local.set $c (select (local.get $state) (global.get $c) (i32.eq (local.get $lane) (i32.const 2))))
    (local.set $d (select (local.get $state) (global.get $d) (i32.eq (local.get $lane) (i32.const 3))))
    (local.set $hash (i64.add
      (i64.add (i64.rotl (local.get $a) (i64.const 1)) (i64.rotl (local.get $b) (i64.const 7)))
      (i64.add (i64.rotl (local.get $c) (i64.const 12)) (i64.rotl (local.get $d) (i64.const 18)))))
    (local.set $hash (call $merge (local.get $hash) (local.get $a)))
    (local.set $hash (call $merge (local.get $hash) (local.get $b)))
    (local.set $hash (call $merge (local.get $hash) (local.get $c)))
    (local.set $hash (call $merge (local.get $hash) (local.get $d)))
    (local.set $hash (i64.add (local.get $hash) (i64.extend_i32_u (global.get $end))))
    (local.set $at (global.get $rest))
    (block $noLongs
      (loop $longs
        (br_if $noLongs (i32.gt_u (i32.add (local.get $at) (i32.const 8)) (global.get $end)))
        (local.set $hash (i64.add
          (i64.mul
            (i64.rotl (i64.xor (local.get $hash) (call $round (i64.const 0) (i64.load align=1 (local.get $at)))) (i64.const 27))
            (i64.const 0x9e3779b185ebca87))
          (i64.const 0x85ebca77c2b2ae63)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $longs)))
    (if (i32.le_u (i32.add (local.get $at) (i32.const 4)) (global.get $end))
      (then
        (local.set $hash (i64.add
          (i64.mul
            (i64.rotl
              (i64.xor (local.get $hash) (i64.mul (i64.load32_u align=1 (local.get $at)) (i64.const 0x9e3779b185ebca87)))
              (i64.const 23))
            (i64.const 0xc2b2ae3d27d4eb4f))
          (i64.const 0x165667b19e3779f9)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))))
    (block $noBytes
      (loop $bytes
        (br_if $noBytes (i32.ge_u (local.get $at) (global.get $end)))
        (local.set $hash (i64.mul
          (i64.rotl (i64.xor (local.get $hash) (i64.mul (i64.load8_u (local.get $at)) (i64.const 0x27d4eb2f165667c5))) (i64.const 11))
          (i64.const 0x9e3779b185ebca87)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (local.set $hash (i64.mul (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 33))) (i64.const 0xc2b2ae3d27d4eb4f)))
    (local.set $hash (i64.mul (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 29))) (i64.const 0x165667b19e3779f9)))
    (i64.eq (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 32))) (global.get $wanted)))

  ;; A lane's state after all stripes.
  (func $through (param $lane i32) (result i64)
    (local $at i32) (local $state i64)
    (local.set $state (call $start (local.get $lane)))
    (local.set $at (i32.mul (local.get $lane) (i32.const 8)))
    (loop $stripes
      (local.set $state (call $round (local.get $state) (i64.load align=1 (local.get $at))))
      (local.set $at (i32.add (local.get $at) (i32.const 32)))
      (br_if $stripes (i32.lt_u (local.get $at) (global.get $rest))))
    (local.get $state))

  ;; The bit in the stripes of memory[0, $length), counted from the lowest of the first byte; -1 if there is none.
  ;; There is at least one stripe.
  (func (export "find") (param $length i32) (param $wanted i64) (result i32)
    (local $lane i32) (local $at i32) (local $next i32) (local $bit i64) (local $state i64) (local $word i64) (local $y i64)
    (local $s0 i64) (local $s1 i64) (local $s2 i64) (local $s3 i64) (local $s4 i64) (local $s5 i64) (local $s6 i64) (local $s7 i64)
    (global.set $end (local.get $length))
    (global.set $rest (i32.and (local.get $length) (i32.const -32)))
    (global.set $wanted (local.get $wanted))
    (global.set $a (call $through (i32.const 0)))
    (global.set $b (call $through (i32.const 1)))
    (global.set $c (call $through (i32.const 2)))
    (global.set $d (call $through (i32.const 3)))
    (loop $lanes
      (local.set $state (call $start (local.get $lane)))
      (local.set $at (i32.mul (local.get $lane) (i32.const 8)))
      (loop $stripes
        (local.set $word (i64.load align=1 (local.get $at)))
        (local.set $bit (i64.const 0))
        (loop $bits
          (local.set $s0 (call $round (local.get $state) (i64.xor (local.get $word) (i64.shl (i64.const 1) (local.get $bit)))))
          (local.set $s1 (call $round (local.get $state) (i64.xor (local.get $word) (i64.shl (i64.const 2) (local.get $bit)))))
          (local.set $s2 (call $round (local.get $state) (i64.xor (local.get $word) (i64.shl (i64.const 4) (local.get $bit)))))
          (local.set $s3 (call $round (local.get $state) (i64.xor (local.get $word) (i64.shl (i64.const 8) (local.get $bit)))))
          (local.set $s4 (call $round (local.get $state) (i64.xor (local.get $word) (i64.shl (i64.const 16) (local.get $bit)))))
          (local.set $s5 (call $round (local.get $state) (i64.xor (local.get $word) (i64.shl (i64.const 32) (local.get $bit)))))
          (local.set $s6 (call $round (local.get $state) (i64.xor (local.get $word) (i64.shl (i64.const 64) (local.get $bit)))))
          (local.set $s7 (call $round (local.get $state) (i64.xor (local.get $word) (i64.shl (i64.const 128) (local.get $bit)))))
          (local.set $next (i32.add (local.get $at) (i32.const 32)))
          (block $through
            (loop $onwards
              (br_if $through (i32.ge_u (local.get $next) (global.get $rest)))
              (local.set $y (i64.mul (i64.load align=1 (local.get $next)) (i64.const 0xc2b2ae3d27d4eb4f)))
              (local.set $s0 (i64.mul (i64.rotl (i64.add (local.get $s0) (local.get $y)) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $s1 (i64.mul (i64.rotl (i64.add (local.get $s1) (local.get $y)) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $s2 (i64.mul (i64.rotl (i64.add (local.get $s2) (local.get $y)) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $s3 (i64.mul (i64.rotl (i64.add (local.get $s3) (local.get $y)) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $s4 (i64.mul (i64.rotl (i64.add (local.get $s4) (local.get $y)) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $s5 (i64.mul (i64.rotl (i64.add (local.get $s5) (local.get $y)) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $s6 (i64.mul (i64.rotl (i64.add (local.get $s6) (local.get $y)) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $s7 (i64.mul (i64.rotl (i64.add (local.get $s7) (local.get $y)) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $next (i32.add (local.get $next) (i32.const 32)))
              (br $onwards)))
          (if (call $fits (local.get $lane) (local.get $s0))
            (then (return (i32.add (i32.mul (local.get $at) (i32.const 8)) (i32.add (i32.wrap_i64 (local.get $bit)) (i32.const 0))))))
          (if (call $fits (local.get $lane) (local.get $s1))
            (then (return (i32.add (i32.mul (local.get $at) (i32.const 8)) (i32.add (i32.wrap_i64 (local.get $bit)) (i32.const 1))))))
          (if (call $fits (local.get $lane) (local.get $s2))
            (then (return (i32.add (i32.mul (local.get $at) (i32.const 8)) (i32.add (i32.wrap_i64 (local.get $bit)) (i32.const 2))))))
          (if (call $fits (local.get $lane) (local.get $s3))
            (then (return (i32.add (i32.mul (local.get $at) (i32.const 8)) (i32.add (i32.wrap_i64 (local.get $bit)) (i32.const 3))))))
          (if (call $fits (local.get $lane) (local.get $s4))
            (then (return (i32.add (i32.mul (local.get $at) (i32.const 8)) (i32.add (i32.wrap_i64 (local.get $bit)) (i32.const 4))))))
          (if (call $fits (local.get $lane) (local.get $s5))
            (then (return (i32.add (i32.mul (local.get $at) (i32.const 8)) (i32.add (i32.wrap_i64 (local.get $bit)) (i32.const 5))))))
          (if (call $fits (local.get $lane) (local.get $s6))
            (then (return (i32.add (i32.mul (local.get $at) (i32.const 8)) (i32.add (i32.wrap_i64 (local.get $bit)) (i32.const 6))))))
          (if (call $fits (local.get $lane) (local.get $s7))
            (then (return (i32.add (i32.mul (local.get $at) (i32.const 8)) (i32.add (i32.wrap_i64 (local.get $bit)) (i32.const 7))))))
          (local.set $bit (i64.add (local.get $bit) (i64.const 8)))
          (br_if $bits (i64.lt_u (local.get $bit) (i64.const 64))))
        (local.set $state (call $round (local.get $state) (local.get $word)))
        (local.set $at (i32.add (local.get $at) (i32.const 32)))
        (br_if $stripes (i32.lt_u (local.get $at) (global.get $rest))))
      (local.set $lane (i32.add (local.get $lane) (i32.const 1)))
      (br_if $lanes (i32.lt_u (local.get $lane) (i32.const 4))))
    (i32.const -1)))
