"""Every hook's docstring is a plugin that runs."""

import textwrap
from types import ModuleType

import pytest
from pluggy import PluginManager

from tracknet_core import hookspecs
from tracknet_core.plugins import GROUP
from tracknet_core.registry import Registration

HOOKS = [name for name in vars(hookspecs) if name.startswith("tracknet_register_")]


def plugin_in(docstring: str) -> ModuleType:
    """The module that stands in a docstring between ``Example::`` and ``Returns:``."""
    source = docstring.partition("Example::")[2].partition("Returns:")[0]
    module = ModuleType("example")
    exec(textwrap.dedent(source), vars(module))
    return module


def test_there_are_five_hooks() -> None:
    assert len(HOOKS) == 5


@pytest.mark.parametrize("hook", HOOKS)
def test_the_docstring_of_a_hook_is_a_plugin_that_runs(hook: str) -> None:
    manager = PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin_in(getattr(hookspecs, hook).__doc__))
    manager.check_pending()

    (answer,) = getattr(manager.hook, hook)()
    (descriptor,) = answer

    kind = Registration.of(descriptor).kind.removeprefix("dataset ")
    assert kind in hook or kind == "format"


def test_the_backbone_of_the_docstring_builds_what_its_outline_promises() -> None:
    import torch

    from tracknet_core.descriptors import BackboneRequest

    plugin = plugin_in(hookspecs.tracknet_register_backbones.__doc__)
    (backbone,) = plugin.tracknet_register_backbones()
    request = BackboneRequest(
        config=backbone.config(width=8), pretrained_model_name=None, frames=3, image_size=(64, 32)
    )

    (heat,) = backbone.build(request)(torch.zeros(2, 3, 3, 32, 64))

    outline = backbone.outline(request)
    assert heat.shape == (2, *outline.channels, 32 // outline.strides[0], 64 // outline.strides[0])
