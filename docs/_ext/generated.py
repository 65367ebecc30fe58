"""Directives for the parts of the documentation that are made from the program itself."""

from collections.abc import Callable

from command_reference import command_page
from configuration_reference import configuration_page, old_names_page
from docutils import nodes
from hook_reference import hook_page
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from unreleased import unreleased_page


def _directive(page: Callable[[], str]) -> type[SphinxDirective]:
    class Generated(SphinxDirective):
        def run(self) -> list[nodes.Node]:
            return self.parse_text_to_nodes(page(), allow_section_headings=True)

    return Generated


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("command-reference", _directive(command_page))
    app.add_directive("configuration-reference", _directive(configuration_page))
    app.add_directive("old-names-reference", _directive(old_names_page))
    app.add_directive("hook-reference", _directive(hook_page))
    app.add_directive("unreleased", _directive(unreleased_page))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
