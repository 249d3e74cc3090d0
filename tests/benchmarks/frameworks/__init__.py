"""One file a framework: `variants(workload)` and `make(workload, variant, data)`; only `make` imports the framework."""
