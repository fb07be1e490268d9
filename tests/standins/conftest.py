"""For the stand-ins' own tests."""

from tests.standins.router.fixtures import router

__all__ = ["router"]
