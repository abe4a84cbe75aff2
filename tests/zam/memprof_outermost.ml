(* Outermost code, which is done without a frame: what it allocates is told at once, not at the next call. *)
let seen = ref 0
let tracker =
  { Gc.Memprof.null_tracker with alloc_minor = (fun _ -> incr seen; None); alloc_major = (fun _ -> incr seen; None) }
let _ = Gc.Memprof.start ~sampling_rate:1. tracker
let kept = Array.make 200 0
let at_once = !seen
let _ = Gc.Memprof.stop (); Printf.printf "%d %d\n" at_once (Array.length kept)
let _ = Gc.Memprof.start ~sampling_rate:1. { tracker with alloc_minor = (fun _ -> failwith "told") }
let more = Array.make 200 0
let _ = Gc.Memprof.start ~sampling_rate:1. tracker
