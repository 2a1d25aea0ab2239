;; XXH64 of bytes in the memory, at once or piece by piece.
;;
;; Source: the xxHash specification, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
;; Compile: npm run wasm
(module
  (memory (export "memory") 2)

  ;; The state between pieces.
  (global $stateA (mut i64) (i64.const 0))
  (global $stateB (mut i64) (i64.const 0))
  (global $stateC (mut i64) (i64.const 0))
  (global $stateD (mut i64) (i64.const 0))

  ;; XXH64 of the $before bytes of earlier pieces and of these. If $more is to come, both lengths are multiples of 32, and
  ;; the result has no meaning. The rounds are written out, because V8 does not inline calls between functions.
  (func $xxh64 (export "xxh64") (param $at i32) (param $length i32) (param $before i64) (param $more i32) (result i64)
    (local $end i32) (local $limit i32) (local $hash i64)
    (local $a i64) (local $b i64) (local $c i64) (local $d i64)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (if (i32.or (i32.ge_u (local.get $length) (i32.const 32)) (i64.ne (local.get $before) (i64.const 0)))
      (then
        (if (i64.eqz (local.get $before))
          (then
            (local.set $a (i64.const 0x60ea27eeadc0b5d6))
            (local.set $b (i64.const 0xc2b2ae3d27d4eb4f))
            (local.set $d (i64.const 0x61c8864e7a143579)))
          (else
            (local.set $a (global.get $stateA))
            (local.set $b (global.get $stateB))
            (local.set $c (global.get $stateC))
            (local.set $d (global.get $stateD))))
        (if (i32.ge_u (local.get $length) (i32.const 32))
          (then
            (local.set $limit (i32.sub (local.get $end) (i32.const 32)))
            (loop $stripes
              (local.set $a (i64.mul (i64.rotl (i64.add (local.get $a) (i64.mul (i64.load align=1 (local.get $at)) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $b (i64.mul (i64.rotl (i64.add (local.get $b) (i64.mul (i64.load offset=8 align=1 (local.get $at)) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $c (i64.mul (i64.rotl (i64.add (local.get $c) (i64.mul (i64.load offset=16 align=1 (local.get $at)) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $d (i64.mul (i64.rotl (i64.add (local.get $d) (i64.mul (i64.load offset=24 align=1 (local.get $at)) (i64.const 0xc2b2ae3d27d4eb4f))) (i64.const 31)) (i64.const 0x9e3779b185ebca87)))
              (local.set $at (i32.add (local.get $at) (i32.const 32)))
              (br_if $stripes (i32.le_u (local.get $at) (local.get $limit))))))
        (if (local.get $more)
          (then
            (global.set $stateA (local.get $a))
            (global.set $stateB (local.get $b))
            (global.set $stateC (local.get $c))
            (global.set $stateD (local.get $d))
            (return (i64.const 0))))
        (local.set $hash (i64.add
          (i64.add (i64.rotl (local.get $a) (i64.const 1)) (i64.rotl (local.get $b) (i64.const 7)))
          (i64.add (i64.rotl (local.get $c) (i64.const 12)) (i64.rotl (local.get $d) (i64.const 18)))))
        (local.set $hash (i64.add (i64.mul (i64.xor (local.get $hash)
          (i64.mul (i64.rotl (i64.mul (local.get $a) (i64.const 0xc2b2ae3d27d4eb4f)) (i64.const 31)) (i64.const 0x9e3779b185ebca87))) (i64.const 0x9e3779b185ebca87)) (i64.const 0x85ebca77c2b2ae63)))
        (local.set $hash (i64.add (i64.mul (i64.xor (local.get $hash)
          (i64.mul (i64.rotl (i64.mul (local.get $b) (i64.const 0xc2b2ae3d27d4eb4f)) (i64.const 31)) (i64.const 0x9e3779b185ebca87))) (i64.const 0x9e3779b185ebca87)) (i64.const 0x85ebca77c2b2ae63)))
        (local.set $hash (i64.add (i64.mul (i64.xor (local.get $hash)
          (i64.mul (i64.rotl (i64.mul (local.get $c) (i64.const 0xc2b2ae3d27d4eb4f)) (i64.const 31)) (i64.const 0x9e3779b185ebca87))) (i64.const 0x9e3779b185ebca87)) (i64.const 0x85ebca77c2b2ae63)))
        (local.set $hash (i64.add (i64.mul (i64.xor (local.get $hash)
          (i64.mul (i64.rotl (i64.mul (local.get $d) (i64.const 0xc2b2ae3d27d4eb4f)) (i64.const 31)) (i64.const 0x9e3779b185ebca87))) (i64.const 0x9e3779b185ebca87)) (i64.const 0x85ebca77c2b2ae63))))
      (else (local.set $hash (i64.const 0x27d4eb2f165667c5))))
    (local.set $hash (i64.add (local.get $hash)
      (i64.add (local.get $before) (i64.extend_i32_u (local.get $length)))))
    (block $noLongs
      (loop $longs
        (br_if $noLongs (i32.gt_u (i32.add (local.get $at) (i32.const 8)) (local.get $end)))
        (local.set $hash (i64.add
          (i64.mul
            (i64.rotl (i64.xor (local.get $hash) (i64.mul (i64.rotl (i64.mul (i64.load align=1 (local.get $at)) (i64.const 0xc2b2ae3d27d4eb4f)) (i64.const 31)) (i64.const 0x9e3779b185ebca87))) (i64.const 27))
            (i64.const 0x9e3779b185ebca87))
          (i64.const 0x85ebca77c2b2ae63)))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $longs)))
    (if (i32.le_u (i32.add (local.get $at) (i32.const 4)) (local.get $end))
      (then
        (local.set $hash (i64.add
          (i64.mul
            (i64.rotl
              (i64.xor (local.get $hash)
                (i64.mul (i64.load32_u align=1 (local.get $at)) (i64.const 0x9e3779b185ebca87)))
              (i64.const 23))
            (i64.const 0xc2b2ae3d27d4eb4f))
          (i64.const 0x165667b19e3779f9)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))))
    (block $noBytes
      (loop $bytes
        (br_if $noBytes (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $hash (i64.mul
          (i64.rotl
            (i64.xor (local.get $hash) (i64.mul (i64.load8_u (local.get $at)) (i64.const 0x27d4eb2f165667c5)))
            (i64.const 11))
          (i64.const 0x9e3779b185ebca87)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (local.set $hash (i64.mul (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 33))) (i64.const 0xc2b2ae3d27d4eb4f)))
    (local.set $hash (i64.mul (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 29))) (i64.const 0x165667b19e3779f9)))
    (i64.xor (local.get $hash) (i64.shr_u (local.get $hash) (i64.const 32)))))
