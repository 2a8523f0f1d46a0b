"""Tests of the gate's judgement (scripts/lib/figures.py), on made-up budgets and records."""

import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "lib"))

import build  # noqa: E402
import figures  # noqa: E402

BUDGETS = """\
# name unit linux at-most
pair    insn/op  200  100   # a comment
cheap   insn/op    -    -
"""


def line(name, value, unit="insn/op"):
    return {"bench": name, "unit": unit, "value": value}


class Gate(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(setattr, figures, "FOLDER", figures.FOLDER)
        figures.FOLDER = folder.name
        self.write("budgets.txt", BUDGETS)

    def write(self, name, text):
        with open(os.path.join(figures.FOLDER, name), "w") as file:
            file.write(text)

    def wrong(self, *lines, compiler="12", **how):
        verdicts, self.note = figures.judge("host", list(lines), compiler, **how)
        return [(name, what) for name, what in verdicts if what]

    def record(self, *lines, compiler="12", whole=True):
        return figures.record("host", list(lines), compiler, whole)

    def test_a_budget_holds_with_no_record(self):
        self.assertEqual(self.wrong(line("pair", 100)), [])
        self.assertIn("no figures are recorded", self.note)
        self.assertEqual(self.wrong(line("pair", 100.1)), [("pair", "100.1 instructions, the budget is 100")])

    def test_five_per_cent_more_than_recorded_pass_and_no_more(self):
        self.record(line("cheap", 1000))
        self.assertEqual(self.wrong(line("cheap", 1050)), [])
        self.assertIsNone(self.note)
        self.assertEqual(self.wrong(line("cheap", 1051)),
                         [("cheap", "1051 instructions, 5.1 % more than the 1000 recorded")])

    def test_a_record_from_another_compiler_says_nothing_but_budgets_do(self):
        self.record(line("cheap", 10))
        self.assertEqual(self.wrong(line("cheap", 20), line("pair", 101), compiler="13"),
                         [("pair", "101 instructions, the budget is 100")])
        self.assertEqual(self.note, "the recorded figures are from g++ 12, this is g++ 13: only budgets are judged")

    def test_a_recorded_figure_that_is_gone_fails_unless_a_filter_was_given(self):
        self.record(line("cheap", 10), line("pair", 10))
        self.assertEqual(self.wrong(line("pair", 10)), [("cheap", "recorded, but not measured any more")])
        self.assertEqual(self.wrong(line("pair", 10), missing=False), [])

    def test_what_got_much_better_should_be_recorded(self):
        self.record(line("pair", 100), line("cheap", 100))
        lines = [line("pair", 95), line("cheap", 96), line("new", 1)]
        self.assertRegex(figures.improved("host", lines, "12"), r"host --record\): pair$")
        self.assertIsNone(figures.improved("host", lines, "13"))

    def test_a_factor_stretches_budgets_and_leaves_the_record_out(self):
        self.record(line("pair", 10), line("cheap", 10))
        self.assertEqual(self.wrong(line("pair", 125), factor=1.25), [])
        self.assertEqual(len(self.wrong(line("pair", 126), factor=1.25)), 1)

    def test_a_row_that_is_known_to_be_over_its_budget_is_skipped_until_it_gets_worse_or_good(self):
        self.write("over-budget.txt", "# name figure why\npair 120 it merges twice\n")
        self.assertEqual(self.wrong(line("pair", 120)), [])
        self.assertEqual(self.wrong(line("pair", 126)), [])
        self.assertEqual(self.wrong(line("pair", 127)), [("pair", "127 instructions, the budget is 100")])
        self.assertRegex(self.wrong(line("pair", 100))[0][1], "take it out of over-budget.txt")
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            self.assertEqual(figures.report("host", [line("pair", 120), line("cheap", 1)], "12"), 0)
        self.assertIn("pair: 120 instructions, over its budget of 100: it merges twice", out.getvalue())
        self.assertIn("1 passed, 0 failed, 1 skipped", out.getvalue())

    def test_a_damaged_list_of_exceptions_ends_the_command(self):
        self.write("over-budget.txt", "pair 120\n")
        self.assertRaises(build.BuildError, self.wrong, line("pair", 120))

    def test_time_is_neither_judged_nor_recorded(self):
        self.assertEqual(self.wrong(line("pair", 1e6, unit="ns/op")), [])
        self.record(line("pair", 5, unit="ns/op"))
        self.assertEqual(figures.recorded("host").values, {})

    def test_a_part_that_is_recorded_anew_leaves_the_rest(self):
        self.record(line("pair", 10), line("cheap", 0.034))
        self.assertEqual(self.record(line("pair", 11), whole=False), 1)
        self.assertEqual(figures.recorded("host"), figures.Recorded("12", {"pair": 11, "cheap": 0.034}))

    def test_a_part_from_another_compiler_replaces_all(self):
        self.record(line("pair", 10), line("cheap", 5))
        self.record(line("pair", 11), compiler="13", whole=False)
        self.assertEqual(figures.recorded("host"), figures.Recorded("13", {"pair": 11}))

    def test_all_that_is_recorded_replaces_all(self):
        self.record(line("pair", 10), line("cheap", 5))
        self.record(line("pair", 10))
        self.assertEqual(figures.recorded("host").values, {"pair": 10})

    def test_figures_are_recorded_in_full(self):
        self.record(line("cheap", 618132.8))
        self.assertEqual(figures.recorded("host").values["cheap"], 618132.8)

    def test_a_damaged_file_is_named_with_the_line(self):
        self.write("budgets.txt", "pair insn/op 1\n")
        with self.assertRaisesRegex(build.BuildError, "budgets.txt:1"):
            figures.budgets()
        self.write("recorded-host.txt", "compiler 12\npair ten\n")
        with self.assertRaisesRegex(build.BuildError, "recorded-host.txt:2"):
            figures.recorded("host")

    def test_rows_come_in_the_order_of_the_budgets(self):
        names = [each["bench"] for each in figures.sorted_lines([line("new", 1), line("cheap", 1), line("pair", 1)])]
        self.assertEqual(names, ["pair", "cheap", "new"])

    def test_the_report_ends_with_counts(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            self.assertEqual(figures.report("host", [line("pair", 101), line("cheap", 1)], "12"), 1)
        self.assertEqual(said.getvalue().splitlines()[-1], "1 passed, 1 failed, 0 skipped")

    def test_the_table_shows_what_is_wrong(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            figures.table("host", [line("pair", 101), line("cheap", 0.0341)], "12")
        rows = said.getvalue().splitlines()
        self.assertRegex(rows[1], r"^pair +101 insn/op +- +200 +100  101 instructions, the budget is 100$")
        self.assertRegex(rows[2], r"^cheap +0\.034 insn/op +- +- +-$")


if __name__ == "__main__":
    unittest.main()
