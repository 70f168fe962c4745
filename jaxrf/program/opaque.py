"""Opaque primitives, and those whose results no input reaches, each with the reason.

An equation of one of these is never a missed dependency: everything is assumed to depend on
everything, and the result names it (``approximate``; an error with ``strict``).
"""

from __future__ import annotations

__all__ = ["CONSTANT", "OPAQUE", "RANDOM"]

# Reason -> primitives that read nothing.
CONSTANT = {"read nothing, so that no input reaches them": "empty empty2 iota iota_2x32_shape"}

# Reason -> primitives that draw random numbers, or handle the keys that these are drawn from.
RANDOM = {
    "random bits mix every bit of their keys": """
        philox2x32 philox4x32 random_bits random_clone random_fold_in random_gamma random_seed
        random_split random_unwrap random_wrap rng_bit_generator rng_uniform threefry2x32
        threefry4x32
    """,
}

# Reason -> all other primitives.
OPAQUE = {
    "code outside JAX sees what it likes": """
        call_exported custom_partitioning ffi_call io_callback pure_callback tpu_custom_call
    """,
    "effects, printing and checks compute no feature": """
        check debug_callback debug_print inspect_sharding print_layout shape_assertion trace_value
    """,
    "tokens order effects": "after_all create_token",
    "which operands are matrices and which their factors is up to its caller": """
        custom_linear_solve
    """,
    "which rows share a matrix is decided by numbers in the data": "ragged_dot_general",
    "products of scaled, quantised numbers": "scaled_dot scaled_matmul scaled_matmul_wrapper",
    "fused attention of one library, global in any case": """
        dot_product_attention_bwd dot_product_attention_bwd_wrapper dot_product_attention_fp8_bwd
        dot_product_attention_fp8_bwd_wrapper dot_product_attention_fp8_fwd
        dot_product_attention_fp8_fwd_wrapper dot_product_attention_fwd
        dot_product_attention_fwd_wrapper
    """,
    "recurrent kernels of one library, global in time in any case": "rnn_bwd rnn_fwd",
    "fused by one library": "cudnn_fusion custom_fusion",
    "moves data between devices": """
        all_gather_done all_gather_reduced all_gather_reduced_start all_gather_start
        all_to_all_done all_to_all_start global_array_to_host_local_array
        host_local_array_to_global_array pbroadcast_done pbroadcast_dynamic pbroadcast_start
        ppermute_done ppermute_start precv preduced psend psum_done psum_invariant_start psum_start
        ragged_all_to_all reduce_scatter_done reduce_scatter_start unreduced_pmax unreduced_pmin
        unreduced_psum unreduced_psum_start unreduced_reduce_scatter unreduced_reduce_scatter_start
    """,
    "state that is neither a value nor held by a reference that is followed": """
        accum_grad_in_ref box_get box_set create_linear get_global get_variable log_extend log_read
        new_box new_log new_variable pin run_scoped run_state set_variable unpin
    """,
    "sparse formats: which element is where is data": """
        bcoo_dot_general bcoo_dot_general_sampled bcoo_extract bcoo_fromdense bcoo_sort_indices
        bcoo_spdot_general bcoo_sum_duplicates bcoo_todense bcoo_transpose bcsr_dot_general
        bcsr_extract bcsr_fromdense bcsr_todense coo_fromdense coo_matmat coo_matvec coo_spmm
        coo_spmv coo_todense csr_fromdense csr_matmat csr_matvec csr_spmm csr_spmv csr_todense
        spsolve todense
    """,
    "hand-written kernels, and what only appears in them": """
        _copysign add_dependency async_copy_scales_to_tmem async_copy_smem_to_tmem
        async_copy_sparse_metadata_to_tmem async_load async_prefetch async_store_smem
        async_store_tmem barrier_arrive barrier_arrive_and_wait barrier_test barrier_wait bitcast
        commit_group commit_smem commit_tmem conv copy_gmem_to_smem copy_smem_to_gmem
        core_map delay dma_start dma_wait einshape_lo emit_pipeline get_barrier_semaphore
        griddepcontrol_launch_dependents griddepcontrol_wait has_memory_space inline_mgpu
        inline_mgpu_p jaxpr_call layout_cast load masked_load masked_swap matmul_acc_lhs
        matmul_lhs_fifo matmul_pop matmul_pop_fifo matmul_push_rhs mgpu_atomic_store mma
        mosaic_gpu_p mosaic_gpu_reduce_max mosaic_gpu_reduce_min mosaic_gpu_reduce_prod
        mosaic_gpu_reduce_sum mpmd_map multimem_load_reduce multimem_store multiple_of num_programs
        pack_dtype pack_elementwise pallas_call pipeline_body prng_join prng_random_bits prng_seed
        prng_split program_id query_cluster_cancel reciprocal remove_memory_space roll
        semaphore_read semaphore_signal semaphore_signal_multicast semaphore_signal_parallel
        semaphore_wait set_max_registers set_max_registers_p stochastic_round store
        tcgen05_commit_arrive tcgen05_mma try_cluster_cancel unpack_dtype unpack_elementwise
        wait_gmem_to_smem wait_load_tmem wait_smem_to_gmem wgmma wgmma_accumulator_deref
        wgmma_accumulator_deref_p wgmma_accumulator_store wgmma_accumulator_store_p wgmma_ref
        wgmma_wait with_memory_space_constraint
    """,
    "calls that JAX takes apart itself, before a model's equations are seen": """
        call call_hi_primitive call_hi_primitive_linearized custom_jvp_call_jaxpr custom_lin
        eval_jaxpr remat_opt stage unreachable
    """,
    "sizes and platforms that are known only when compiling": """
        dim_as_value dimension_size platform_index
    """,
    "bookkeeping that ordinary models do not emit": """
        dce_sink from_edtype relayout tie to_edtype xla_metadata_call xla_metadata_value zeros_like
    """,
    "rare, no user yet": "polynomial",
    "calls with a rule of their own for batches or transposes": """
        composite custom_vmap_call linear_call
    """,
}
