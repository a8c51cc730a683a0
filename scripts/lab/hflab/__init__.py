# SPDX-License-Identifier: BSD-3-Clause
"""The parts of scripts/lab/lab: one noun per file (see ../README.md)."""
