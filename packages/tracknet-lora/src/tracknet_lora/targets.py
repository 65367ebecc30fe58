"""Which layers of a backbone get adapters; the same answer with and without torch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import islice
from typing import Literal

from attrs import frozen

from tracknet_core.config.problems import Problem, Severity
from tracknet_core.descriptors import LayerOutline
from tracknet_core.layer_names import any_names_layer, names_layer
from tracknet_lora.old_names import in_attention, in_block, translate

KEY = "lora.target_modules"
NEITHER = "neither a linear layer nor a convolution"
GROUPED = "a grouped convolution, into which no adapter can be merged"
LISTED = 12
"""Most names that a message lists."""


@frozen(kw_only=True)
class Layer:
    """A layer with a weight.

    Attributes:
        name: Dotted name in the pretrained module.
        kind: What it is.
        obstacle: What it is that cannot be adapted, such as ``a grouped convolution``; empty when it can.
    """

    name: str
    kind: Literal["linear", "convolution", "other"]
    obstacle: str = ""


@frozen(kw_only=True)
class Targets:
    """What a ``target_modules`` comes to.

    Attributes:
        layers: The layers to adapt, in the order of the module.
        problems: What is wrong with it, and what older names in it mean.
    """

    layers: tuple[Layer, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that stop a run."""
        return tuple(problem for problem in self.problems if problem.severity is Severity.ERROR)


def outlined_layers(layers: Iterable[LayerOutline]) -> tuple[Layer, ...]:
    """Tell from the shapes of weights what can be adapted.

    A matrix counts as a linear layer, though it may belong to an embedding; of grouped convolutions
    only depthwise ones are known by their shape.
    """
    return tuple(_outlined(layer) for layer in layers)


def resolve(names: tuple[str, ...] | None, layers: Sequence[Layer], declared: Sequence[str] = ()) -> Targets:
    """Find the layers that ``target_modules`` means.

    Args:
        names: The key's value. A name stands for the linear layers and convolutions that it names
            or that lie below what it names.
        layers: All layers of the pretrained module.
        declared: The backbone's ``lora_targets``, which None stands for if there are any.

    Returns:
        Layers and problems; layers are complete only without errors.
    """
    if names is None:
        return _default(layers, declared)
    if not names:
        return _refused("is an empty list", "Write target_modules: null for those that suit the backbone.")
    meanings = {name: _meaning(name, layers) for name in names}
    chosen = {layer for meaning in meanings.values() for layer in meaning.layers}
    problems = [problem for meaning in meanings.values() for problem in meaning.problems]
    if any(meaning.old for meaning in meanings.values()):
        problems.append(_old_names(meanings, layers))
    return Targets(layers=tuple(layer for layer in layers if layer.name in chosen), problems=tuple(problems))


@frozen(kw_only=True)
class _Meaning:
    """What one name in the list comes to.

    Attributes:
        layers: Names of the layers that it means.
        old: Whether it had to be translated.
        problems: Why it is refused.
    """

    layers: tuple[str, ...]
    old: bool = False
    problems: tuple[Problem, ...] = ()


def _meaning(name: str, layers: Sequence[Layer]) -> _Meaning:
    """Take a name as it stands, or translate it where it names nothing in the blocks of the model.

    A ``dense`` outside them, such as a pooler's, is not what that name has ever been written for.
    """
    named = [layer for layer in layers if names_layer(name, layer.name)]
    if not any(in_block(layer.name) for layer in named):
        meant = translate(name, [layer.name for layer in layers if not layer.obstacle])
        if meant:
            return _Meaning(layers=meant, old=True)
    fit = tuple(layer.name for layer in named if not layer.obstacle)
    return _Meaning(layers=fit, problems=tuple(_refusals(name, named, layers)))


def _outlined(layer: LayerOutline) -> Layer:
    match layer.shape:
        case (_, _):
            return Layer(name=layer.name, kind="linear")
        case (channels, 1, _, _) if channels > 1:
            return Layer(name=layer.name, kind="convolution", obstacle=GROUPED)
        case (_, _, _, _):
            return Layer(name=layer.name, kind="convolution")
    return Layer(name=layer.name, kind="other", obstacle=NEITHER)


def _default(layers: Sequence[Layer], declared: Sequence[str]) -> Targets:
    adaptable = [layer for layer in layers if not layer.obstacle]
    if declared:
        found = [layer for layer in adaptable if any_names_layer(declared, layer.name)]
        missing = f"null, and the backbone declares {', '.join(declared)}, which match none of its layers"
        return Targets(layers=tuple(found)) if found else _refused(missing, _present(layers))
    linear = [layer for layer in adaptable if layer.kind == "linear"]
    attention = [layer for layer in linear if in_block(layer.name) and in_attention(layer.name)]
    if found := attention or linear or adaptable:
        return Targets(layers=tuple(found))
    return _refused(
        "null, and the backbone has neither linear layers nor convolutions that LoRA can adapt",
        "Set lora.enabled: false.",
    )


def _refusals(name: str, named: Sequence[Layer], layers: Sequence[Layer]) -> Iterator[Problem]:
    """Refuse a name that means no layer, or in so many words one that cannot be adapted."""
    if not named:
        candidates = _last_components(layers)
        close = get_close_matches(name.rpartition(".")[2], candidates, n=1, cutoff=0.5)
        meant = f"Did you mean {close[0]!r}? " if close else ""
        yield _error(f"{name!r} matches no layer", meant + _present(layers))
        return
    literal = not set("*?[") & set(name.rpartition(".")[2])
    itself = [layer for layer in named if literal and not names_layer(name, layer.name.rpartition(".")[0])]
    unfit = [layer for layer in itself if layer.obstacle]
    if not unfit and all(layer.obstacle for layer in named):
        unfit = list(named)
    if unfit:
        first = unfit[0]
        it = "it" if first.name == name else f"{first.name}"
        yield _error(f"{name!r} cannot be adapted: {it} is {first.obstacle}", _present(layers))


def _old_names(meanings: Mapping[str, _Meaning], layers: Sequence[Layer]) -> Problem:
    """Say what each older name means here, and what to write."""
    everything = [layer.name for layer in layers]
    words = {name: _spelled(m.layers, everything) if m.old else [name] for name, m in meanings.items()}
    said = ", ".join(f"{name!r} means {_and(words[name])}" for name, m in meanings.items() if m.old)
    right = dict.fromkeys(w for name, m in meanings.items() if not m.problems for w in words[name])
    return Problem(
        key=KEY,
        message=f"older names are translated: in this model {said}",
        remedy=f"Write target_modules: [{', '.join(right)}].",
        severity=Severity.WARNING,
    )


def _spelled(meant: Sequence[str], everything: Sequence[str]) -> list[str]:
    """Name layers by the ends of their names, each as short as can be without naming others."""
    spelled: list[str] = []
    for layer in meant:
        if not any_names_layer(spelled, layer):
            exact = (e for e in _ends(layer) if all(o in meant for o in everything if names_layer(e, o)))
            spelled.append(next(exact, layer))
    return spelled


def _ends(layer: str) -> Iterator[str]:
    """The ends of a name, shortest first, each for all blocks before the one of this block."""
    components = layer.split(".")
    for start in reversed(range(len(components))):
        end = components[start:]
        if not end[0].isdecimal():
            yield ".".join("*" if component.isdecimal() else component for component in end)
            yield ".".join(end)


def _present(layers: Sequence[Layer]) -> str:
    """List what can be adapted."""
    names = _last_components(layers)
    shown = ", ".join(islice(names, LISTED)) + (", …" if len(names) > LISTED else "")
    return f"Layers that can be adapted: {shown}." if names else "No layer of this backbone can be adapted."


def _last_components(layers: Sequence[Layer]) -> list[str]:
    """The shortest telling ends of the names of layers that can be adapted, each once."""
    ends = []
    for layer in layers:
        parent, _, last = layer.name.rpartition(".")
        ends.append(f"{parent.rpartition('.')[2]}.{last}" if last.isdecimal() and parent else last)
    return list(dict.fromkeys(e for e, layer in zip(ends, layers, strict=True) if not layer.obstacle))


def _and(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _refused(message: str, remedy: str) -> Targets:
    return Targets(problems=(_error(message, remedy),))


def _error(message: str, remedy: str) -> Problem:
    return Problem(key=KEY, message=message, remedy=remedy)
