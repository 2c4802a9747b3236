"""Fused kernels on CUDA devices, in Triton: one program computes one sentence."""
