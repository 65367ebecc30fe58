"""Libraries that only exports and their engines need; they come with extras of tracknet-core."""

from importlib.util import find_spec

from tracknet_core.config.problems import UserError


def require_modules(extra: str, *modules: str) -> None:
    """Make sure that what an extra brings is installed.

    Args:
        extra: Name of the extra, which is the engine's too.
        modules: Those of its modules that are needed now.

    Raises:
        UserError: One is not installed.
    """
    if missing := [module for module in modules if find_spec(module) is None]:
        raise UserError(
            f"{extra}: needs {' and '.join(missing)}, not installed here. "
            f"Run: pip install 'tracknet-core[{extra}]'"
        )
