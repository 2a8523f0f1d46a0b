// Unwinding over tables, code and stacks made by hand, at addresses that no kernel has.
#include <tests/test.h>

#include <array>
#include <initializer_list>

#include <arch/arm/kernel/unwind.h>

namespace {

constexpr u32 TEXT = 0x10100000;
constexpr u32 DATA = 0x10200000;
constexpr u32 STACK = 0x10300000;
constexpr u32 STACK_TOP = STACK + 2048;
constexpr u32 BL = 0xeb000000;
constexpr u32 NOP = 0xe320f000;
constexpr u32 PUSH_R4_LR = 0xe92d4010;
constexpr u32 PUSH_LR = 0xe52de004; // str lr, [sp, #-4]!
constexpr u32 SUB_SP_8 = 0xe24dd008;
constexpr u32 TEST_ENTRIES = 8;

constexpr u32 prel31_to(u32 at, u32 target)
{
    return (target - at) & 0x7fffffff;
}

class Unwind : public ::testing::Test {
protected:
    Unwind() { text.fill(NOP); }

    /// Adds an entry for the function at `start`, which must be above the last one's.
    void add(u32 start, u32 word)
    {
        u32 at = DATA + used * 8;
        data[used * 2] = prel31_to(at, start);
        data[used * 2 + 1] = word;
        ++used;
    }
    /// The same with `words` in .ARM.extab.
    void add_extab(u32 start, std::initializer_list<u32> words)
    {
        u32 place = DATA + extab * 4;
        add(start, prel31_to(DATA + used * 8 + 4, place));
        for (u32 word : words)
            data[extab++] = word;
    }
    [[nodiscard]] unwind_tables tables() const
    {
        return {{data, DATA}, DATA, DATA + used * 8, {text, TEXT}};
    }
    [[nodiscard]] word_window stack_window() const { return {stack, STACK}; }

    /// The caller of a function that was called and stands at TEXT + 8, with the given opcodes.
    unwind_result unwind(stackframe &frame)
    {
        return unwind_frame(tables(), stack_window(), frame, pc_kind::return_address);
    }
    unwind_result unwind_inline(u32 word)
    {
        add(TEXT, word);
        return unwind(frame);
    }

    std::array<u32, 64> text{};
    std::array<u32, 64> data{};
    std::array<u32, 512> stack{};
    u32 used = 0;
    u32 extab = TEST_ENTRIES * 2;
    stackframe frame = {0xf0, STACK, 0xdead0000, TEXT + 8};
};

} // namespace

TEST_F(Unwind, PopsWhatThePrologueSaved)
{
    // push {r4, lr}; sub sp, sp, #8
    stack[3] = 0x12345678;
    EXPECT_EQ(unwind_inline(0x8001a8b0), unwind_result::caller_found);
    EXPECT_EQ(frame.pc, 0x12345678u);
    EXPECT_EQ(frame.lr, 0x12345678u);
    EXPECT_EQ(frame.sp, STACK + 16);
    EXPECT_EQ(frame.fp, 0xf0u);
}

TEST_F(Unwind, ClearsTheThumbBit)
{
    stack[1] = 0x12345679;
    EXPECT_EQ(unwind_inline(0x80a8b0b0), unwind_result::caller_found);
    EXPECT_EQ(frame.pc, 0x12345678u);
}

TEST_F(Unwind, RestoresTheFramePointer)
{
    // push {r4-r11, lr}
    stack[7] = 0x11111111;
    stack[8] = 0x22222222;
    EXPECT_EQ(unwind_inline(0x80afb0b0), unwind_result::caller_found);
    EXPECT_EQ(frame.fp, 0x11111111u);
    EXPECT_EQ(frame.pc, 0x22222222u);
    EXPECT_EQ(frame.sp, STACK + 36);
}

TEST_F(Unwind, PopsWithoutLrLeaveLrAsItWas)
{
    // push {r4-r6} in a leaf function
    EXPECT_EQ(unwind_inline(0x80a2b0b0), unwind_result::caller_found);
    EXPECT_EQ(frame.pc, 0xdead0000u);
    EXPECT_EQ(frame.sp, STACK + 12);
}

TEST_F(Unwind, FollowsTheFramePointer)
{
    // push {fp, lr}; add fp, sp, #4; sub sp, ...: vsp = fp; vsp -= 4; pop {fp, lr}
    add_extab(TEXT, {0x81019b40, 0x8480b0b0});
    frame.fp = STACK + 44;
    stack[10] = 0xf1;
    stack[11] = 0x12345678;
    EXPECT_EQ(unwind(frame), unwind_result::caller_found);
    EXPECT_EQ(frame.fp, 0xf1u);
    EXPECT_EQ(frame.pc, 0x12345678u);
    EXPECT_EQ(frame.sp, STACK + 48);
}

TEST_F(Unwind, VspFromAnotherRegisterIsRefused)
{
    EXPECT_EQ(unwind_inline(0x8097b0b0), unwind_result::refused);
}

TEST_F(Unwind, PopsPcAndSpUnderMask)
{
    // 1000iiii iiiiiiii: pop {r13, r15}; sp takes its new value after all pops.
    stack[0] = STACK + 0x40;
    stack[1] = 0x12345678;
    EXPECT_EQ(unwind_inline(0x808a00b0), unwind_result::caller_found);
    EXPECT_EQ(frame.sp, STACK + 0x40);
    EXPECT_EQ(frame.pc, 0x12345678u);
    EXPECT_EQ(frame.lr, 0xdead0000u);
}

TEST_F(Unwind, MovesVspByEveryKindOfStep)
{
    struct {
        u32 words[2];
        u32 moved;
    } const cases[] = {
        {{0x8100003f, 0}, 4 + 256},              // the smallest and the largest short step
        {{0x8101b200, 0xb0b0b0b0}, 0x204},       // uleb128 0
        {{0x8101b281, 0x01b0b0b0}, 0x204 + 516}, // uleb128 129
        {{0x8101b10f, 0xb0b0b0b0}, 16},          // pop {r0-r3}
        {{0x8101b301, 0xb0b0b0b0}, 2 * 8 + 4},   // FSTMX of two
        {{0x8100b9b0, 0}, 2 * 8 + 4},            // FSTMX of D8 and D9
        {{0x8101c803, 0xb0b0b0b0}, 4 * 8},       // VPUSH of four, D16 and up
        {{0x8101c902, 0xb0b0b0b0}, 3 * 8},       // VPUSH of three
        {{0x8100d7b0, 0}, 8 * 8},                // VPUSH of D8 to D15
        {{0x82013f40, 0xb0b0b0b0}, 256 - 4},     // up and down; personality 2
    };
    for (const auto &each : cases) {
        SCOPED_TRACE(each.words[0]);
        used = 0;
        extab = TEST_ENTRIES * 2;
        add_extab(TEXT, {each.words[0], each.words[1]});
        stackframe moved = frame;
        EXPECT_EQ(unwind(moved), unwind_result::caller_found);
        EXPECT_EQ(moved.sp - frame.sp, each.moved);
    }
}

TEST_F(Unwind, TheOutermostFunctionSaysSo)
{
    EXPECT_EQ(unwind_inline(1), unwind_result::outermost);
    EXPECT_EQ(frame.pc, TEXT + 8); // nothing is changed
}

TEST_F(Unwind, RefusesWhatTheEntryRefuses)
{
    EXPECT_EQ(unwind_inline(0x808000b0), unwind_result::refused);
}

TEST_F(Unwind, RefusesPersonalitiesOfTheirOwn)
{
    add_extab(TEXT, {0x00001234, 0});
    EXPECT_EQ(unwind(frame), unwind_result::refused);
}

TEST_F(Unwind, FindsTheEntryOfTheFunction)
{
    add(TEXT, 0x8000b0b0);      // moves 4
    add(TEXT + 16, 0x8001b0b0); // moves 8
    add(TEXT + 32, 0x8002b0b0); // moves 12
    struct {
        u32 pc;
        u32 moved;
    } const cases[] = {{4, 4}, {16, 4}, {20, 8}, {32, 8}, {33, 12}, {252, 12}};
    for (const auto &each : cases) {
        SCOPED_TRACE(each.pc);
        // As return addresses: the byte below decides.
        stackframe moved = {0, STACK, 0, TEXT + each.pc};
        EXPECT_EQ(unwind(moved), unwind_result::caller_found);
        EXPECT_EQ(moved.sp - STACK, each.moved);
    }
}

TEST_F(Unwind, CodeOutsideTextIsNoCode)
{
    add(TEXT, 0x80b0b0b0);
    for (u32 pc : {0u, TEXT, TEXT + 1024, 0xffffffffu}) {
        frame.pc = pc;
        EXPECT_EQ(unwind(frame), unwind_result::no_code);
    }
}

TEST_F(Unwind, NoEntryAtAllIsADamagedTable)
{
    EXPECT_EQ(unwind(frame), unwind_result::damaged_table);
    add(TEXT + 64, 1);
    EXPECT_EQ(unwind(frame), unwind_result::damaged_table); // pc is below the first
}

TEST_F(Unwind, EntriesAgainstTheRulesAreDamaged)
{
    // Spare opcodes, personality 1 in the index, an unknown personality there, reserved bits.
    for (u32 word : {0x80b100b0u, 0x80b110b0u, 0x80b4b0b0u, 0x80c0b0b0u, 0x80cab0b0u, 0x80d8b0b0u,
                     0x80e0b0b0u, 0x80ffb0b0u, 0x8100b0b0u, 0x8300b0b0u, 0x9000b0b0u}) {
        SCOPED_TRACE(word);
        used = 0;
        EXPECT_EQ(unwind_inline(word), unwind_result::damaged_table);
    }
}

TEST_F(Unwind, OpcodesThatRunOutOfTheTableAreDamaged)
{
    // 255 further words are announced; the table ends before.
    add_extab(TEXT, {0x81ff0000});
    for (u32 i = extab; i < data.size(); ++i)
        data[i] = 0;
    EXPECT_EQ(unwind(frame), unwind_result::damaged_table);
    used = 0;
    add(TEXT, prel31_to(DATA + 4, DATA + sizeof(data))); // just behind the window
    EXPECT_EQ(unwind(frame), unwind_result::damaged_table);
    used = 0;
    add(TEXT, prel31_to(DATA + 4, DATA + 0x42)); // no multiple of 4
    EXPECT_EQ(unwind(frame), unwind_result::damaged_table);
}

TEST_F(Unwind, AnEndlessUlebIsDamaged)
{
    add_extab(TEXT, {0x8102b2ff, 0xffffffff, 0xffffffff});
    EXPECT_EQ(unwind(frame), unwind_result::damaged_table);
}

TEST_F(Unwind, AnIndexThatRunsOutOfTheTableIsDamaged)
{
    unwind_tables broken = tables();
    broken.exidx_end = broken.exidx_start + 0x80000000;
    EXPECT_EQ(unwind_frame(broken, stack_window(), frame, pc_kind::exact),
              unwind_result::damaged_table);
}

TEST_F(Unwind, LoadsOutsideTheStackAreRefused)
{
    add(TEXT, 0x80a8b0b0); // pop {r4, lr}
    for (u32 sp : {STACK - 4, STACK_TOP - 4, STACK + 2, 0u, 0xfffffff8u}) {
        SCOPED_TRACE(sp);
        frame.sp = sp;
        EXPECT_EQ(unwind(frame), unwind_result::damaged_stack);
    }
    frame.sp = STACK_TOP - 8; // the last two words
    EXPECT_EQ(unwind(frame), unwind_result::caller_found);
    EXPECT_EQ(frame.sp, STACK_TOP);
}

TEST_F(Unwind, AStackThatRunsBackwardsOrAwayIsDamaged)
{
    frame.sp = STACK_TOP - 512;
    EXPECT_EQ(unwind_inline(0x8040b0b0), unwind_result::damaged_stack); // vsp -= 4
    used = 0;
    EXPECT_EQ(unwind_inline(0x803f3fb0), unwind_result::caller_found); // to the very top
    EXPECT_EQ(frame.sp, STACK_TOP);
    used = 0;
    frame.pc = TEXT + 8;
    EXPECT_EQ(unwind_inline(0x8000b0b0), unwind_result::damaged_stack);
}

TEST_F(Unwind, AFunctionThatIsItsOwnCallerEndsTheWalk)
{
    frame.lr = frame.pc;
    EXPECT_EQ(unwind_inline(0x80b0b0b0), unwind_result::going_in_circles);
}

TEST_F(Unwind, AFaultBeforeThePushFindsTheCallerInLr)
{
    add(TEXT, 0x8001a8b0);
    text[2] = PUSH_R4_LR;
    text[4] = SUB_SP_8;
    frame.pc = TEXT + 8; // at the push, not behind it
    EXPECT_EQ(unwind_frame(tables(), stack_window(), frame, pc_kind::exact),
              unwind_result::caller_found);
    EXPECT_EQ(frame.pc, 0xdead0000u);
    EXPECT_EQ(frame.sp, STACK);
}

TEST_F(Unwind, AFaultBetweenPushAndLoweringSkipsTheLowering)
{
    add(TEXT, 0x8001a8b0);
    text[2] = PUSH_LR;
    text[4] = SUB_SP_8;
    stack[1] = 0x12345678;
    stack[3] = 0x87654320;
    for (u32 pc : {TEXT + 12, TEXT + 16}) {
        stackframe stopped = {0, STACK, 0xdead0000, pc};
        EXPECT_EQ(unwind_frame(tables(), stack_window(), stopped, pc_kind::exact),
                  unwind_result::caller_found);
        EXPECT_EQ(stopped.pc, 0x12345678u);
        EXPECT_EQ(stopped.sp, STACK + 8);
    }
    frame.pc = TEXT + 20;
    EXPECT_EQ(unwind_frame(tables(), stack_window(), frame, pc_kind::exact),
              unwind_result::caller_found);
    EXPECT_EQ(frame.pc, 0x87654320u);
}

TEST_F(Unwind, KnowsCallsByTheirInstruction)
{
    text[1] = BL;
    text[2] = 0xe12fff33; // blx r3
    text[3] = 0xfa000000; // blx label
    text[4] = 0xea000000; // b
    text[5] = 0x0b000000; // bleq
    text[6] = 0xf57ff05f; // dmb: no condition, no call
    text[7] = 0xe12fff13; // bx r3
    const bool call_before[] = {false, false, true, true, true, false, true, false, false};
    for (u32 i = 0; i < 9; ++i)
        EXPECT_EQ(is_return_address(tables(), TEXT + i * 4), call_before[i]) << i;
    EXPECT_FALSE(is_return_address(tables(), 0));
}

namespace {

/// Three functions that call each other: leaf at +0, middle at +32, outer at +64.
class Backtrace : public Unwind {
protected:
    Backtrace()
    {
        add(TEXT, 0x80b0b0b0);      // leaf: nothing saved
        add(TEXT + 32, 0x80a8b0b0); // middle: push {r4, lr}
        add(TEXT + 64, 0x8001a8b0); // outer: push {r4, lr}; sub sp, sp, #8
        add(TEXT + 96, 1);          // start: unknown to the tables
        add(TEXT + 128, 1);         // a function of newlib's
        text[8] = PUSH_R4_LR;
        text[9] = BL;
        text[16] = PUSH_R4_LR;
        text[17] = SUB_SP_8;
        text[18] = BL;
        text[24] = BL;
        stack[1] = TEXT + 76;  // middle returns into outer
        stack[5] = TEXT + 100; // outer returns into start
    }
    const char *print(const stackframe &innermost)
    {
        printed.clear();
        print_backtrace(tables(), stack_window(), innermost, printed.out());
        return printed.c_str();
    }
    text_buffer<8192> printed;
};

#define FROM_MIDDLE                                                                                \
    "[<10100028>] (0x10100027) from [<1010004c>] (0x1010004c)\n"                                   \
    "[<1010004c>] (0x1010004b) from [<10100064>] (0x10100064)\n"

} // namespace

TEST_F(Backtrace, PrintsALineForEachFrame)
{
    EXPECT_STREQ(print({0, STACK, TEXT + 40, TEXT + 4}),
                 "[<10100004>] (0x10100004) from [<10100028>] (0x10100028)\n" FROM_MIDDLE);
}

TEST_F(Backtrace, GoesOnFromLrAfterAJumpToNowhere)
{
    EXPECT_STREQ(print({0, STACK, TEXT + 40, 0}),
                 "[<00000000>] (0x00000000) from [<10100028>] (0x10100028)\n" FROM_MIDDLE);
}

TEST_F(Backtrace, FindsHowMuchAnUnknownLeafHasPushed)
{
    // It pushed r4, r5 and its own return address, and faulted.
    for (u32 i = 8; i-- > 0;)
        stack[i + 3] = stack[i];
    stack[0] = stack[1] = 0;
    stack[2] = TEXT + 40;
    EXPECT_STREQ(print({0, STACK, TEXT + 40, TEXT + 130}),
                 "[<10100082>] (0x10100082) from [<10100028>] (0x10100028)\n" FROM_MIDDLE);
}

TEST_F(Backtrace, AnUnknownLeafWithoutAReturnAddressIsTheEnd)
{
    EXPECT_STREQ(print({0, STACK, 0x1234, TEXT + 130}), "");
}

TEST_F(Backtrace, EndsQuietlyWhereNobodyCalled)
{
    stack[5] = 0; // head.S jumps to the first function with lr = 0
    EXPECT_STREQ(print({0, STACK, 0, TEXT + 40}),
                 "[<10100028>] (0x10100028) from [<1010004c>] (0x1010004c)\n"
                 "[<1010004c>] (0x1010004b) from [<00000000>] (0x00000000)\n");
}

TEST_F(Backtrace, SaysWhyItEnds)
{
    stack[1] = 0x66666664;
    EXPECT_STREQ(print({0, STACK, 0, TEXT + 40}),
                 "[<10100028>] (0x10100028) from [<66666664>] (0x66666664)\n"
                 "backtrace ends at 66666664: that is no code of the kernel\n");
    EXPECT_STREQ(print({0, 0, 0, TEXT + 40}),
                 "backtrace ends at 10100028: the stack is damaged, or does not hold its frame\n");
}

TEST_F(Backtrace, CountsTheEqualFramesOfARecursion)
{
    // middle calls itself, 256 frames of 8 bytes up to the top of the stack.
    stack.fill(TEXT + 40);
    EXPECT_STREQ(print({0, STACK, 0, TEXT + 40}),
                 "[<10100028>] (0x10100028) from [<10100028>] (0x10100028)\n"
                 "    the same 255 times more\n"
                 "backtrace ends at 10100028: the stack is damaged, or does not hold its frame\n");
}

TEST_F(Backtrace, EndsAfter64Lines)
{
    // middle and another place in it call each other.
    for (u32 i = 0; i < stack.size(); ++i)
        stack[i] = TEXT + (i / 2 % 2 ? 40 : 44);
    print({0, STACK, 0, TEXT + 40});
    EXPECT_TRUE(printed.contains("backtrace ends after 64 lines\n"));
}

TEST_F(Backtrace, EveryResultHasWords)
{
    for (unwind_result result :
         {unwind_result::caller_found, unwind_result::outermost, unwind_result::no_code,
          unwind_result::refused, unwind_result::damaged_table, unwind_result::damaged_stack,
          unwind_result::going_in_circles})
        EXPECT_STRNE(unwind_result_text(result), "?");
}

TEST_F(Backtrace, SurvivesAnyTablesAndStacks)
{
    u32 random = 4711;
    auto next = [&random] {
        random = random * 1664525 + 1013904223;
        return random >> 8;
    };
    for (int round = 0; round < 3000; ++round) {
        used = 0;
        extab = TEST_ENTRIES * 2;
        for (u32 &word : data)
            word = next() << 8 ^ next();
        for (u32 i = 0; i < TEST_ENTRIES; ++i) {
            if (next() % 2)
                add(TEXT + i * 32, 0x80000000 | (next() & 0x00ffffff));
            else
                add_extab(TEXT + i * 32, {0x81000000 | (next() & 0x0003ffff), next() << 8});
        }
        for (u32 &word : stack) {
            u32 kind = next() % 4;
            word = kind == 0 ? TEXT + next() % 256 : kind == 1 ? STACK + next() % 1024 : next();
        }
        for (u32 &word : text)
            word = next() % 2 ? BL : next() << 8;
        print({STACK + next() % 1040, STACK + next() % 1040 / 4 * 4, TEXT + next() % 260,
               TEXT + next() % 260});
    }
}
