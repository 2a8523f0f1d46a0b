// Backtraces: the frames that unwind.cpp finds, as lines; and what to do where it finds none.
//
// The function that was stopped may be one without a table entry: newlib's memcpy with a bad
// pointer is the likeliest of all. Its caller is in lr, for these functions are short and call
// nobody; how much they have pushed is not known. But it is known where the caller keeps its own
// return address, so the right amount is the least at which a return address stands there.

#include <arch/arm/kernel/unwind.h>

#if !defined(LOWMEM_HOST)
#include <asm/image.h>
#endif

namespace {

/// Prints frames; a recursion's equal ones once, with their number.
class frame_lines {
public:
    explicit frame_lines(const printer &out) : out_(out) {}

    void add(u32 where, u32 from, pc_kind kind)
    {
        if (where == where_ && from == from_ && kind != pc_kind::exact) {
            ++repeated_;
            return;
        }
        flush();
        where_ = where;
        from_ = from;
        // A return address is named by the byte below it, lest the next function be blamed.
        u32 where_code = kind == pc_kind::exact ? where : where - 1;
        out_.printf("[<%08x>] (%ps) from [<%08x>] (%pB)\n", where, pointer(where_code), from,
                    pointer(from));
        ++printed_;
    }
    void flush()
    {
        if (repeated_ != 0)
            out_.printf("    the same %u times more\n", repeated_);
        repeated_ = 0;
    }
    [[nodiscard]] u32 printed() const { return printed_; }

private:
    static void *pointer(u32 address)
    {
        return reinterpret_cast<void *>(static_cast<unsigned long>(address));
    }

    const printer &out_;
    u32 where_ = 0;
    u32 from_ = 0;
    u32 repeated_ = 0;
    u32 printed_ = 0;
};

/// The caller of a function that the tables don't know, or nothing if lr is no return address.
std::optional<stackframe> caller_by_lr(const unwind_tables &tables, const word_window &stack,
                                       const stackframe &frame)
{
    constexpr u32 most_pushed = 64;
    stackframe caller = {frame.fp, frame.sp, 0, frame.lr & ~1u};
    if (!is_return_address(tables, caller.pc))
        return std::nullopt;
    for (u32 pushed = 0; pushed <= most_pushed; pushed += 4) {
        stackframe next = caller;
        next.sp += pushed;
        unwind_result result = unwind_frame(tables, stack, next, pc_kind::return_address);
        // What the function pushed may be its return address itself.
        bool plausible = result == unwind_result::caller_found && next.pc != caller.pc &&
                         is_return_address(tables, next.pc);
        if (plausible) {
            caller.sp += pushed;
            break;
        }
    }
    return caller;
}

} // namespace

bool is_return_address(const unwind_tables &tables, u32 pc)
{
    std::optional<u32> insn = tables.text.read(pc - 4);
    if (!insn)
        return false;
    return (*insn & 0xfe000000) == 0xfa000000 ||                         // blx label
           (*insn < 0xf0000000 && ((*insn & 0x0f000000) == 0x0b000000 || // bl label
                                   (*insn & 0x0ffffff0) == 0x012fff30)); // blx rX
}

void print_backtrace(const unwind_tables &tables, const word_window &stack, stackframe frame,
                     const printer &out)
{
    constexpr u32 most_lines = 64;
    constexpr u32 most_frames = 4096;
    frame_lines lines(out);
    pc_kind kind = pc_kind::exact;
    for (u32 i = 0; i < most_frames && lines.printed() < most_lines; ++i) {
        u32 where = frame.pc;
        unwind_result result = unwind_frame(tables, stack, frame, kind);
        if (kind == pc_kind::exact &&
            (result == unwind_result::outermost || result == unwind_result::no_code)) {
            if (std::optional<stackframe> caller = caller_by_lr(tables, stack, frame)) {
                frame = *caller;
                result = unwind_result::caller_found;
            }
        }
        if (result != unwind_result::caller_found) {
            lines.flush();
            if (result != unwind_result::outermost)
                out.printf("backtrace ends at %08x: %s\n", where, unwind_result_text(result));
            return;
        }
        lines.add(where, frame.pc, kind);
        if (frame.pc == 0)
            return; // head.S calls start_kernel with lr = 0
        kind = pc_kind::return_address;
    }
    lines.flush();
    out.printf("backtrace ends after %u lines\n", lines.printed());
}

#if !defined(LOWMEM_HOST)

extern "C" {
extern const char __exidx_start[], __exidx_end[]; // linker/kernel.ld

// The personalities that compact entries name. GCC refers to them so that an unwinder is linked;
// nobody calls them, for unwind.cpp reads the entries itself.
void __aeabi_unwind_cpp_pr0() {}
void __aeabi_unwind_cpp_pr1() {}
void __aeabi_unwind_cpp_pr2() {}
}

static word_window window(u32 start, u32 end)
{
    start = (start + 3) & ~3u;
    auto *first = static_cast<const u32 *>(to_ptr(virt_addr_t(start)));
    return {{first, end > start ? (end - start) / 4 : 0}, start};
}

void unwind_backtrace(u32 pc, u32 sp, u32 lr, u32 fp, u32 stack_low, u32 stack_high,
                      const printer &out)
{
    const struct image &image = kernel_image;
    unwind_tables tables = {
        window(image.rodata.raw(), image.rodata_end.raw()),
        from_ptr(__exidx_start).raw(),
        from_ptr(__exidx_end).raw(),
        window(image.text.raw(), image.etext.raw()),
    };
    print_backtrace(tables, window(stack_low, stack_high), {fp, sp, lr, pc}, out);
}

#endif
