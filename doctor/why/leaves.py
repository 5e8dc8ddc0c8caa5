"""The ends that the work on a repository, or a process, can come to."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Leaf(Enum):
    """
    One end.

    S: one chunk at a time; T: made-up vectors; F: embedding fails; K: nothing to do; B: the batch road; X: the process
    does not get that far; G: the line that the guide begins with.
    """

    S1 = "S1"
    S2 = "S2"
    S3 = "S3"
    S4 = "S4"
    S5 = "S5"
    T1 = "T1"
    T2 = "T2"
    F1 = "F1"
    F2 = "F2"
    F3 = "F3"
    F4 = "F4"
    F5 = "F5"
    F6 = "F6"
    F7 = "F7"
    K1 = "K1"
    K2 = "K2"
    B0 = "B0"
    B1 = "B1"
    B2 = "B2"
    B3 = "B3"
    B4 = "B4"
    B5 = "B5"
    B6 = "B6"
    B7 = "B7"
    B8 = "B8"
    X1 = "X1"
    X2 = "X2"
    X3 = "X3"
    X4 = "X4"
    X5 = "X5"
    G = "G"

    def __str__(self) -> str:
        return self.value

    @property
    def title(self) -> str:
        """What happened, in a few words."""
        return _TITLES[self]

    @property
    def sequential(self) -> bool:
        """Whether chunks went one by one."""
        return self.value[0] == "S" or self in (Leaf.T2, Leaf.F7)

    @property
    def failed(self) -> bool:
        """Whether there are no vectors, or will not be without a hand."""
        return self.value[0] in "FX" or self in WORST[: WORST.index(Leaf.B1)]

    @property
    def harmless(self) -> bool:
        """Whether all is as it is meant to be."""
        return self in (Leaf.K1, Leaf.K2, Leaf.B0, Leaf.B1)


_TITLES = {
    Leaf.S1: "one chunk at a time, because batch processing is off",
    Leaf.S2: "one chunk at a time, because the repository is below the threshold",
    Leaf.S3: "one chunk at a time, because the worker's batch queue was full",
    Leaf.S4: "one chunk at a time, because the worker has no batch client",
    Leaf.S5: "one chunk at a time, because the batch could not be stored",
    Leaf.T1: "made-up vectors instead of a batch, because test embeddings are on",
    Leaf.T2: "made-up vectors one chunk at a time, because test embeddings are on",
    Leaf.F1: "not embedded, because there was nothing to embed, or a chunk that cannot be used",
    Leaf.F2: "not embedded, because its time ran out",
    Leaf.F3: "not embedded, because the batch settings are refused",
    Leaf.F4: "not embedded, because the worker's batch queue refused it",
    Leaf.F5: "not embedded, because the worker has no batch client and may not fall back",
    Leaf.F6: "not embedded, because the batch could not be stored",
    Leaf.F7: "not embedded, because going through it one chunk at a time broke off",
    Leaf.K1: "skipped, because the repository is already done",
    Leaf.K2: "nothing to embed, because all its chunks have vectors",
    Leaf.B0: "embedded by the Batches API",
    Leaf.B1: "queued for the Batches API",
    Leaf.B2: "queued for ever, because nothing sends batches",
    Leaf.B3: "not sent to Google, for want of quota",
    Leaf.B4: "not embedded, because sending the batch failed for good",
    Leaf.B5: "waiting for ever, because Google does not know the batch job",
    Leaf.B6: "not embedded, because the batch job failed at Google",
    Leaf.B7: "not embedded, because the batch job was cancelled at Google",
    Leaf.B8: "not embedded, because the results could not be used",
    Leaf.X1: "the worker crashes on its settings",
    Leaf.X2: "the worker ends, because it cannot reach its database",
    Leaf.X3: "the worker ends, because its Gemini settings are unusable",
    Leaf.X4: "the worker ends, because it cannot use NATS",
    Leaf.X5: "the worker crashes again and again over batches that it has no client for",
    Leaf.G: "the guide's fallback line",
}

# Of a job whose batches ended differently the worst counts: what is lost, what waits in vain, what is under way, done.
WORST = (Leaf.B4, Leaf.B3, Leaf.B6, Leaf.B8, Leaf.B7, Leaf.B5, Leaf.B2, Leaf.B1, Leaf.B0)


def worst(leaves: Iterable[Leaf]) -> Leaf | None:
    """The worst of several batches' ends, None for none."""
    return min((each for each in leaves if each in WORST), key=WORST.index, default=None)
