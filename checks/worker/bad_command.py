"""worker.bad-command: flags and sub-commands that the program does not have."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.api import Finding, Fix, Severity, check, facts, nearest

COMMANDS = ("worker", "api", "migrate", "chunk", "version", "help", "completion")
SERVICES = ("worker", "api")
# All of what the two services know; each of the first takes a value.
WITH_VALUE = ("--config", "--log-level", "--log-format")
OTHERS = ("--help", "-h", "--version", "-v")
NO_EFFECT = ("--log-level", "--log-format")
# Where a shell goes on with something else.
ENDS = ("&&", "||", ";", "|", "&", ">", ">>", "2>&1", "--")
PROGRAMS = ("codechunking", "codechunking.exe", "main", "main.go")


@check(
    id="worker.bad-command",
    title="The start command has flags that do not exist",
    severity=(Severity.ERROR, Severity.NOTE),
)
def bad_command(commands: facts.StartCommands) -> Iterator[Finding]:
    """
    Compare the start commands of worker and API with the flags that the program has.

    They are looked for among processes and containers, in the compose file and in the Procfile. The program knows
    `--config`; `--log-level` and `--log-format` are taken and have no effect.

    Why it matters: with a flag or a sub-command that it does not know the program ends at once (status 1); a flag
    without effect changes nothing, whatever its value promises.

    Silent when: the command starts something else; the compose file gives the service an entry point that is another
    program, such as a shell or a script.

    How to fix: remove the flag; how many jobs run at a time is `worker.concurrency`.
    """
    for command in commands.found:
        words = _words(command)
        if words is None:
            continue
        name, flags = _parts(words)
        if name is not None and name not in COMMANDS:
            near = nearest(name, COMMANDS)
            hint = f"; maybe {near} is meant" if near else ""
            fix = Fix(f"Use one that there is: {', '.join(COMMANDS[:4])}.")
            yield Finding(f"there is no sub-command {name}{hint}", at=command.at, severity=Severity.ERROR, fix=fix)
        elif name in SERVICES:
            yield from _flags(command, name, flags)


def _flags(command: facts.StartCommand, name: str, flags: list[str]) -> Iterator[Finding]:
    for flag in dict.fromkeys(flags):
        if flag in NO_EFFECT:
            fix = Fix(f"Remove {flag}; the program always logs at INFO, as JSON.")
            message = f"{flag} of the {_who(name)} has no effect"
            yield Finding(message, at=command.at, severity=Severity.NOTE, fix=fix)
        elif flag not in WITH_VALUE and flag not in OTHERS:
            summary = "Remove it." if flag != "--concurrency" else "Remove it, and set worker.concurrency in the file."
            message = f"the {_who(name)} has no flag {flag}, and ends with status 1"
            yield Finding(message, at=command.at, severity=Severity.ERROR, fix=Fix(summary))


def _who(name: str) -> str:
    return "API" if name == "api" else "worker"


def _words(command: facts.StartCommand) -> tuple[str, ...] | None:
    """What stands behind the program; None where that is not ours."""
    for position, word in enumerate(command.words):
        if word.replace("\\", "/").rpartition("/")[2] in PROGRAMS:
            rest = command.words[position + 1 :]
            # `main` may be anybody's.
            ours = "codechunking" in word or any(each in COMMANDS for each in rest)
            return rest if ours else None
    return None


def _parts(words: tuple[str, ...]) -> tuple[str | None, list[str]]:
    """The sub-command, and the names of the flags; the value of a flag that does not exist is no sub-command."""
    names: list[str] = []
    flags: list[str] = []
    value_follows = False
    for word in words:
        if value_follows:
            value_follows = False
        elif word in ENDS:
            break
        elif word.startswith("-"):
            flags.append(word.partition("=")[0])
            value_follows = word in WITH_VALUE
        else:
            names.append(word)
    return next((name for name in names if name in COMMANDS), names[0] if names else None), flags
