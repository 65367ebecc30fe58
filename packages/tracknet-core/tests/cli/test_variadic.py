"""A repeatable option takes all words up to the next option."""

from tracknet_core.cli.variadic import spread


def test_each_value_gets_the_option():
    words = ["--predictions", "a.csv", "b.csv", "--labels", "l", "--json"]
    assert spread(words, {"--predictions", "--labels"}) == [
        *("--predictions", "a.csv", "--predictions", "b.csv"),
        *("--labels", "l", "--json"),
    ]


def test_words_before_and_after_other_options_stay():
    words = ["RUN", "data.root=d", "--protocol", "all", "rest"]
    assert spread(words, {"--labels"}) == words


def test_repeating_the_option_oneself_works_too():
    words = ["--labels", "a", "--labels", "b", "c"]
    assert spread(words, {"--labels"}) == ["--labels", "a", "--labels", "b", "--labels", "c"]
