"""The most plausible way through a video's candidates, with a bounded look-ahead.

Every candidate is a node. A node either continues an earlier one along the motion model (a link)
or starts a track anew. The best path maximizes the sum of its nodes' rewards less the costs of
its links and breaks, which dynamic programming finds frame by frame; each node carries the Kalman
state of the best path that leads to it.
"""

import numpy as np
from attrs import define, field

from tracknet_core.tracking.kalman import Array, MotionModel

GATE = 9.21
"""Largest squared Mahalanobis distance of a link: 99 % of a chi-square with two degrees of freedom."""

# A confident detection earns between 1 and 1.8, by its score. Breaking off a track that is still
# fresh costs 0.95: less than any confident detection earns, so that none is given up while the
# track does not go on; but leaving a track and coming back costs more than any one of them earns.
CONFIDENT = 1.0
BY_SCORE = 0.8
BREAK = 0.95

WEAK = 0.2
"""What a candidate just below the threshold earns on a track; it falls to its negative at 0."""

LINK = 0.3
"""Cost of a link at the edge of the gate; it grows with the squared distance."""


@define(kw_only=True, eq=False)
class Node:
    """A candidate on its best path.

    Attributes:
        frame: Its frame.
        time: When that is shown, thirtieths of a second.
        xy: Its position, source px, ``[2]``.
        score: Its score.
        state: Kalman state after it, ``[3, 2]``.
        covariance: Its covariance, ``[3, 3]``.
        total: Value of the best path up to and including it.
        parent: The node before it on that path; None once it is settled, or at the beginning.
        linked: Whether it continues its parent's track.
        run: Frames without a gap in which its track has been seen, this one included.
    """

    frame: int
    time: float
    xy: Array
    score: float
    state: Array
    covariance: Array
    total: float
    parent: "Node | None"
    linked: bool
    run: int


@define(kw_only=True)
class Paths:
    """All paths still open.

    Attributes:
        model: The motion model.
        max_gap: Largest number of frames that a link may skip.
        max_time: Largest time that a link may bridge, thirtieths of a second.
        settled: Last node decided on; every open path goes on from it.
        open: Nodes after it, in the order of their frames.
    """

    model: MotionModel
    max_gap: int
    max_time: float
    settled: Node | None = None
    open: list[Node] = field(factory=list)

    def extend(self, frame: int, time: float, xy: Array, scores: Array, threshold: float) -> None:
        """Add the candidates of the next frame.

        Args:
            frame: Its number, larger than any before.
            time: When it is shown, thirtieths of a second; later than any before.
            xy: Its candidates, source px, ``[K, 2]``.
            scores: Their scores, ``[K]``.
            threshold: Smallest score of a confident detection, which may start a track.
        """
        recent = self._recent(frame, time)
        links, states, covariances = self._links(recent, time, xy)
        start, before = self._start(recent)
        for candidate, (position, score) in enumerate(zip(xy, scores.tolist(), strict=True)):
            best = int(links[:, candidate].argmax()) if recent else -1
            link = float(links[best, candidate]) if recent else -np.inf
            linked = link > -np.inf and (link >= start or score < threshold)
            if not linked and score < threshold:
                continue
            state, covariance = (
                self.model.update(states[best], covariances[best], position)
                if linked
                else self.model.born(position)
            )
            self.open.append(
                Node(
                    frame=frame,
                    time=time,
                    xy=position,
                    score=score,
                    state=state,
                    covariance=covariance,
                    total=(link if linked else start) + _reward(score, threshold),
                    parent=recent[best] if linked else before,
                    linked=linked,
                    run=recent[best].run + 1 if linked and recent[best].frame == frame - 1 else 1,
                )
            )

    def settle(self, frame: int) -> tuple[Node | None, list[Node]]:
        """Decide on a frame for good: as on the path that is best now.

        Returns:
            The best path's last node up to and including ``frame``, and all of its nodes after, in
            the order of their frames.
        """
        node = max(self._nodes(), key=lambda node: node.total, default=None)
        after: list[Node] = []
        while node is not None and node.frame > frame:
            after.append(node)
            node = node.parent
        self._drop_others(node, frame)
        return node, after[::-1]

    def _drop_others(self, settled: Node | None, frame: int) -> None:
        kept = {id(settled)}
        remaining = []
        for node in self.open:
            if node.frame > frame and id(node.parent) in kept:
                kept.add(id(node))
                remaining.append(node)
        if settled is not None:
            settled.parent = None  # what lies before it is told; memory stays flat
        self.settled, self.open = settled, remaining

    def _nodes(self) -> list[Node]:
        return self.open if self.settled is None else [self.settled, *self.open]

    def _recent(self, frame: int, time: float) -> list[Node]:
        return [
            node
            for node in self._nodes()
            if frame - node.frame <= self.max_gap + 1 and time - node.time <= self.max_time
        ]

    def _links(self, recent: list[Node], time: float, xy: Array) -> tuple[Array, Array, Array]:
        """Value of linking each recent node to each candidate, ``[R, K]``, and predicted states."""
        step = self.model.step(np.array([time - node.time for node in recent]))
        before = np.array([node.state for node in recent]).reshape(-1, 3, 2)
        uncertain = np.array([node.covariance for node in recent]).reshape(-1, 3, 3)
        totals = np.array([node.total for node in recent])
        states = step.transition @ before
        covariances = step.transition @ uncertain @ step.transition.transpose(0, 2, 1) + step.noise
        offset = xy[None] - states[:, None, 0]
        squared = (offset**2).sum(-1) / self.model.innovation(covariances)[:, None]
        return (
            np.where(squared <= GATE, totals[:, None] - LINK * squared / GATE, -np.inf),
            states,
            covariances,
        )

    def _start(self, recent: list[Node]) -> tuple[float, Node | None]:
        """Value of the best path that a new track can come after, and its last node."""
        ends = [(node.total - BREAK, node) for node in recent]
        if self.settled is None:
            return max([(0.0, None), *ends], key=lambda end: end[0])
        if self.settled not in recent:
            ends.append((self.settled.total, self.settled))
        return max(ends, key=lambda end: end[0])


def _reward(score: float, threshold: float) -> float:
    if score >= threshold:
        return CONFIDENT + BY_SCORE * score
    return WEAK * (2 * score / threshold - 1)
