from tests.kernel.stages import stage

__all__ = ["stage"]
