"""Figures, budgets and recorded figures: reading them, judging, showing.

A figure is what a benchmark prints, {"bench": NAME, "unit": UNIT, "value": VALUE}. Budgets stand in
tests/bench/budgets.txt; what was reached when somebody last recorded it, with the compiler's
version, in tests/bench/recorded-WORLD.txt. A figure passes if it is within its budget and, from the
same compiler, at most 5 % above the recorded one. Instructions repeat exactly, so there is no
noise to allow for: 5 % are for changes that are worth it.

A budget that is not reached stands in tests/bench/over-budget.txt with the figure that was reached
and why. Such a row is counted as skipped, told in every report, and may not get worse either.
"""

import os
from dataclasses import dataclass

import build

FOLDER = os.path.join(build.ROOT, "tests", "bench")
WORSE = 1.05
EXACT = "insn/op"  # the unit that is recorded and judged


@dataclass(frozen=True)
class Budget:
    unit: str
    linux: object  # Linux's figure, or None
    most: object   # ours at most, or None


@dataclass(frozen=True)
class Recorded:
    compiler: str  # as the program that was measured says; empty: nothing is recorded
    values: dict


def rows(path):
    """The words of each line that is no comment; a damaged file ends the command."""
    with open(path) as file:
        for number, line in enumerate(file, 1):
            words = line.split("#")[0].split()
            if words:
                yield number, words


def number(word):
    return None if word == "-" else float(word)


def budgets():
    path = os.path.join(FOLDER, "budgets.txt")
    found = {}
    for at, words in rows(path):
        try:
            name, unit, linux, most = words
            found[name] = Budget(unit, number(linux), number(most))
        except ValueError:
            raise build.BuildError(f"tests/bench/budgets.txt:{at}: not 'name unit linux at-most'") from None
    return found


def over_budget():
    """{name: (figure, why)} of the rows whose budget is known not to be reached."""
    path = os.path.join(FOLDER, "over-budget.txt")
    found = {}
    if not os.path.exists(path):
        return found
    with open(path) as file:
        for at, text in enumerate(file, 1):
            words = text.split(None, 2)
            if not words or words[0].startswith("#"):
                continue
            try:
                name, figure, why = words
                found[name] = (float(figure), why.strip())
            except ValueError:
                raise build.BuildError(f"tests/bench/over-budget.txt:{at}: not 'name figure why'") from None
    return found


def excused(line, limits, over, factor=1.0):
    """Why a figure that exceeds its budget is no failure, or None."""
    name = line["bench"]
    most = limits[name].most if name in limits else None
    if name not in over or most is None or line["value"] <= most * factor:
        return None
    figure, why = over[name]
    if line["value"] > figure * factor * WORSE:
        return None
    return f"{shown(line['value'])} instructions, over its budget of {shown(most)}: {why}"


def sorted_lines(lines):
    """In the order of budgets.txt; what has no row there comes last, as it came."""
    place = {name: at for at, name in enumerate(budgets())}
    return sorted(lines, key=lambda line: place.get(line["bench"], len(place)))


def recorded_path(world):
    return os.path.join(FOLDER, f"recorded-{world}.txt")


def recorded(world):
    values, compiler = {}, ""
    path = recorded_path(world)
    if not os.path.exists(path):
        return Recorded("", {})
    for at, words in rows(path):
        try:
            if words[0] == "compiler":
                compiler = " ".join(words[1:])
            else:
                name, value = words
                values[name] = float(value)
        except ValueError:
            raise build.BuildError(f"{os.path.relpath(path, build.ROOT)}:{at}: not 'name value'") from None
    return Recorded(compiler, values)


def record(world, lines, compiler, whole):
    """Writes what was measured; what was not stays, unless `whole` says that all was measured or
    it comes from another compiler. Returns how many figures changed."""
    before = recorded(world)
    after = {} if whole or before.compiler != compiler else dict(before.values)
    after.update((line["bench"], line["value"]) for line in lines if line["unit"] == EXACT)
    with open(recorded_path(world), "w") as file:
        file.write(f"# What the {world} reached when this was recorded: scripts/bench {world} --record.\n"
                   f"compiler {compiler}\n\n")
        for name, value in after.items():
            file.write(f"{name:<32} {value:>12.10g}\n")
    return sum(before.values.get(name) != value for name, value in after.items())


def shown(value):
    """A figure as people read it: 1008500, 41, 1.533, 0.034."""
    if value is None:
        return "-"
    return f"{value:.3f}".rstrip("0").rstrip(".") if value < 10 else f"{value:.10g}"


def fault(line, limits, before, compiler, factor=1.0):
    """What is wrong with a figure, or None. `factor`: of the budget, for builds that may cost more."""
    if line["unit"] != EXACT:
        return None
    name, value = line["bench"], line["value"]
    most, was = limits[name].most if name in limits else None, before.values.get(name)
    over = over_budget()
    if factor == 1.0 and name in over and most is not None and value <= most:
        return f"{shown(value)} instructions are within its budget of {shown(most)}: take it out of over-budget.txt"
    most = most and most * factor
    if most is not None and value > most and not excused(line, limits, over, factor):
        return f"{shown(value)} instructions, the budget is {shown(most)}"
    if was is not None and before.compiler == compiler and value > was * WORSE:
        return f"{shown(value)} instructions, {100 * (value / was - 1):.1f} % more than the {shown(was)} recorded"
    return None


def improved(world, lines, compiler):
    """A sentence if figures are so much better than recorded that they could get worse unnoticed."""
    before = recorded(world)
    names = [line["bench"] for line in lines if before.compiler == compiler and line["unit"] == EXACT
             and line["value"] * WORSE < before.values.get(line["bench"], 0)]
    return f"better by more than 5 %, so record them (scripts/bench {world} --record): {', '.join(names)}" \
        if names else None


def judge(world, lines, compiler, missing=True, factor=1.0):
    """(name, what is wrong or None) of each figure, and of those recorded that did not come if
    `missing`; and a sentence if the recorded figures say nothing about this compiler, else None."""
    limits, before = budgets(), recorded(world) if factor == 1.0 else Recorded(compiler, {})
    verdicts = [(line["bench"], fault(line, limits, before, compiler, factor)) for line in lines if line["unit"] == EXACT]
    if missing:
        come = {line["bench"] for line in lines}
        verdicts += [(name, "recorded, but not measured any more") for name in before.values if name not in come]
    note = None
    if before.compiler != compiler:
        note = f"the recorded figures are from g++ {before.compiler}, this is g++ {compiler}: only budgets are judged" \
            if before.compiler else "no figures are recorded: only budgets are judged"
    return verdicts, note


def report(world, lines, compiler, factor=1.0):
    """Prints a verdict a figure and ends with counts, as scripts/test wants them; how many failed."""
    verdicts, note = judge(world, sorted_lines(lines), compiler, factor=factor)
    better = improved(world, lines, compiler) if factor == 1.0 else None
    for text in filter(None, (note, better)):
        print(text)
    limits, over = budgets(), over_budget()
    known = {line["bench"]: excused(line, limits, over, factor) for line in lines}
    failed = skipped = 0
    for name, wrong in verdicts:
        failed += bool(wrong)
        skipped += bool(not wrong and known.get(name))
        print(f"{name}: {wrong or known.get(name) or 'good'}")
    print(f"{len(verdicts) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return failed


def table(world, lines, compiler):
    """One row a figure: value, what was recorded, Linux's figure, our budget."""
    limits, before = budgets(), recorded(world)
    print(f"{'bench':<32} {'value':>11} {'unit':<8} {'recorded':>11} {'Linux':>11} {'at most':>11}")
    for line in lines:
        name = line["bench"]
        limit = limits.get(name, Budget("", None, None))
        wrong = fault(line, limits, before, compiler) or excused(line, limits, over_budget())
        print(f"{name:<32} {shown(line['value']):>11} {line['unit']:<8} {shown(before.values.get(name)):>11} "
              f"{shown(limit.linux):>11} {shown(limit.most):>11}{'  ' + wrong if wrong else ''}".rstrip())
