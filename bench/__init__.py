"""How fast it is, measured against what people use today. `bin/bench backend`; docs/benchmarks.md says how."""
