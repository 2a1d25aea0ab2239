;; Hashes the entries of a block in place, in one pass: for each, XXH32 of its key (for the hash index) and XXH64 of its
;; bytes (for the content sum). A call from JavaScript for each entry would cost twice the rest of a put.
;;
;; Source: the xxHash specification, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
;; Compile: npm run wasm
(module
  (func $xxh32 (param $at i32) (param $length i32) (result i32)
    (local $end i32) (local $hash i32) (local $limit i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32)
    (local.set $end (i32.add (local.get $at) (local.get $length)))
    (if (i32.ge_u (local.get $length) (i32.const 16))
      (then
        (local.set $limit (i32.sub (local.get $end) (i32.const 16)))
        (local.set $a (i32.const 0x24234428))
        (local.set $b (i32.const 0x85ebca77))
        (local.set $d (i32.const 0x61c8864f))
        (loop $stripes
          (local.set $a (i32.mul (i32.rotl (i32.add (local.get $a)
            (i32.mul (i32.load align=1 (local.get $at)) (i32.const 0x85ebca77))) (i32.const 13)) (i32.const 0x9e3779b1)))
          (local.set $b (i32.mul (i32.rotl (i32.add (local.get $b)
            (i32.mul (i32.load offset=4 align=1 (local.get $at)) (i32.const 0x85ebca77))) (i32.const 13)) (i32.const 0x9e3779b1)))
          (local.set $c (i32.mul (i32.rotl (i32.add (local.get $c)
            (i32.mul (i32.load offset=8 align=1 (local.get $at)) (i32.const 0x85ebca77))) (i32.const 13)) (i32.const 0x9e3779b1)))
          (local.set $d (i32.mul (i32.rotl (i32.add (local.get $d)
            (i32.mul (i32.load offset=12 align=1 (local.get $at)) (i32.const 0x85ebca77))) (i32.const 13)) (i32.const 0x9e3779b1)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $stripes (i32.le_u (local.get $at) (local.get $limit))))
        (local.set $hash (i32.add
          (i32.add (i32.rotl (local.get $a) (i32.const 1)) (i32.rotl (local.get $b) (i32.const 7)))
          (i32.add (i32.rotl (local.get $c) (i32.const 12)) (i32.rotl (local.get $d) (i32.const 18))))))
      (else (local.set $hash (i32.const 0x165667b1))))
    (local.set $hash (i32.add (local.get $hash) (local.get $length)))
    (block $noWords
      (loop $words
        (br_if $noWords (i32.gt_u (i32.add (local.get $at) (i32.const 4)) (local.get $end)))
        (local.set $hash (i32.mul (i32.rotl (i32.add (local.get $hash)
          (i32.mul (i32.load align=1 (local.get $at)) (i32.const 0xc2b2ae3d))) (i32.const 17)) (i32.const 0x27d4eb2f)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))
        (br $words)))
    (block $noBytes
      (loop $bytes
        (br_if $noBytes (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $hash (i32.mul (i32.rotl (i32.add (local.get $hash)
          (i32.mul (i32.load8_u (local.get $at)) (i32.const 0x165667b1))) (i32.const 11)) (i32.const 0x9e3779b1)))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes)))
    (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 15))) (i32.const 0x85ebca77)))
    (local.set $hash (i32.mul (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 13))) (i32.const 0xc2b2ae3d)))
    (i32.xor (local.get $hash) (i32.shr_u (local.get $hash) (i32.const 16))))

  ;; include xxh64.wat

  ;; Where a varint ends; its value is left in $value.
  (global $value (mut i32) (i32.const 0))
  (func $varint (param $at i32) (result i32)
    (local $byte i32) (local $shift i32) (local $value i32)
    (loop $more
      (local.set $byte (i32.load8_u (local.get $at)))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $value (i32.or (local.get $value)
        (i32.shl (i32.and (local.get $byte) (i32.const 0x7f)) (local.get $shift))))
      (local.set $shift (i32.add (local.get $shift) (i32.const 7)))
      (br_if $more (i32.ge_u (local.get $byte) (i32.const 0x80))))
    (global.set $value (local.get $value))
    (local.get $at))

  ;; Entries in memory[$at, $end): writes the XXH32 of each key at $hashes, and returns the sum of their XXH64.
  (func (export "digest") (param $at i32) (param $end i32) (param $hashes i32) (result i64)
    (local $key i32) (local $keyLength i32) (local $valueLength i32) (local $next i32) (local $sum i64)
    (block $done
      (loop $entries
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $keyLength (i32.load8_u (local.get $at)))
        (local.set $valueLength (i32.load8_u offset=1 (local.get $at)))
        (local.set $key (i32.add (local.get $at) (i32.const 2)))
        (if (i32.ge_u (i32.or (local.get $keyLength) (local.get $valueLength)) (i32.const 0x80))
          (then
            (local.set $key (call $varint (local.get $at)))
            (local.set $keyLength (global.get $value))
            (local.set $key (call $varint (local.get $key)))
            (local.set $valueLength (global.get $value))))
        (local.set $next (i32.add (i32.add (local.get $key) (local.get $keyLength)) (local.get $valueLength)))
        (i32.store (local.get $hashes) (call $xxh32 (local.get $key) (local.get $keyLength)))
        (local.set $hashes (i32.add (local.get $hashes) (i32.const 4)))
        (local.set $sum (i64.add (local.get $sum)
          (call $xxh64 (local.get $at) (i32.sub (local.get $next) (local.get $at)) (i64.const 0) (i32.const 0))))
        (local.set $at (local.get $next))
        (br $entries)))
    (local.get $sum)))
