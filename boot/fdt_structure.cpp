// The structure block of a device tree: nodes in nodes, each with its properties first.
//
//   BEGIN_NODE "name\0" pad
//     PROP length name_offset value pad ...
//     children ...
//   END_NODE                                  ... and after the root, END
//
// The tokens are read once, front to back; each moves on by at least four bytes, so the reading
// ends whatever they are. No tree is built: a node's properties stand before its children, so the
// few facts about the node being read (struct node) are enough, and finish_node() tells them when
// the first child begins or the node ends. Nesting is a counter, not a recursion.
// Manual: Devicetree Specification 0.3, 5.4. Linux: drivers/of/fdt.c.
#include <boot/fdt_blob.h>

#include <cstring>
#include <optional>

#include <kernel/core/printk.h>

using namespace fdt;

namespace {

enum token : u32 { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, NOP = 4, END = 9 };

/// The text of a property or name up to its NUL, or all of it if there is none.
std::string_view text_of(bytes_t value)
{
    const auto end = std::find(value.begin(), value.end(), 0);
    return {reinterpret_cast<const char *>(value.data()), static_cast<size_t>(end - value.begin())};
}

/// How many cells an address and a size have in a node's children.
struct cell_counts {
    u32 address = 2;
    u32 size = 1;
    [[nodiscard]] bool readable() const
    {
        return (address == 1 || address == 2) && (size == 1 || size == 2);
    }
};

enum class node_kind { other, root, chosen, below_root, reserved_memory, reservation };

/// What is known of the node whose properties are being read.
struct node {
    node_kind kind = node_kind::other;
    bool is_memory = false; // by its device_type
    bool disabled = false;  // by its status
    bytes_t reg = {};
    std::optional<u64> initrd_start = {}, initrd_end = {};
};

class structure_reader {
public:
    structure_reader(bytes_t structure, bytes_t strings, loader_sink &sink)
        : rest_(structure), strings_(strings), whole_(structure.size()), sink_(sink)
    {
    }

    void read()
    {
        const char *problem = nullptr;
        while (problem == nullptr && !done_)
            problem = step();
        if (problem != nullptr)
            printk("fdt: structure ignored from byte %zu on: %s\n", whole_ - rest_.size(), problem);
    }

private:
    // These consume one token and return nullptr, or say what is wrong with it.
    const char *step();
    const char *begin_node();
    const char *end_node();
    const char *property();
    const char *end();

    void advance(size_t bytes);
    [[nodiscard]] node_kind classify(std::string_view name);
    void take_property(u32 name_at, bytes_t value);
    [[nodiscard]] bool is_named(u32 name_at, std::string_view name) const;
    void finish_node();
    void finish_initrd();
    static void check_cells(const cell_counts &cells, const char *where);
    template <class Tell>
    static void each_range(bytes_t reg, const cell_counts &cells, const char *what, Tell tell);

    bytes_t rest_;
    bytes_t strings_;
    size_t whole_;
    loader_sink &sink_;
    bool done_ = false;
    bool root_seen_ = false;
    u32 depth_ = 0; // nodes that have begun and not ended
    bool in_reserved_memory_ = false;
    cell_counts root_cells_, reserved_cells_;
    node node_;
};

const char *structure_reader::step()
{
    if (rest_.size() < CELL)
        return "it breaks off";
    switch (be32(rest_, 0)) {
    case BEGIN_NODE:
        return begin_node();
    case END_NODE:
        return end_node();
    case PROP:
        return property();
    case NOP:
        advance(CELL);
        return nullptr;
    case END:
        return end();
    default:
        return "there is no such token";
    }
}

/// Moves on over `bytes` and the padding behind them.
void structure_reader::advance(size_t bytes)
{
    rest_ = rest_.subspan(std::min((bytes + CELL - 1) / CELL * CELL, rest_.size()));
}

const char *structure_reader::begin_node()
{
    const bytes_t name = rest_.subspan(CELL);
    const auto nul = std::find(name.begin(), name.end(), 0);
    if (nul == name.end())
        return "the name of a node has no end";
    if (depth_ == 0 && root_seen_)
        return "a second root";
    finish_node();
    root_seen_ = true;
    ++depth_;
    node_.kind = classify(text_of(name));
    advance(CELL + static_cast<size_t>(nul - name.begin()) + 1);
    return nullptr;
}

const char *structure_reader::end_node()
{
    if (depth_ == 0)
        return "more nodes end than begin";
    finish_node();
    --depth_;
    if (depth_ == 1)
        in_reserved_memory_ = false;
    advance(CELL);
    return nullptr;
}

const char *structure_reader::property()
{
    constexpr size_t HEADER = 3 * CELL; // token, length, where the name is
    if (rest_.size() < HEADER || be32(rest_, CELL) > rest_.size() - HEADER)
        return "a property breaks off";
    const u32 length = be32(rest_, CELL);
    take_property(be32(rest_, 2 * CELL), rest_.subspan(HEADER, length));
    advance(HEADER + length);
    return nullptr;
}

const char *structure_reader::end()
{
    if (depth_ > 0)
        return "it ends inside of a node";
    done_ = true;
    return nullptr;
}

node_kind structure_reader::classify(std::string_view name)
{
    name = name.substr(0, name.find('@'));
    if (depth_ == 1)
        return node_kind::root;
    if (depth_ == 3 && in_reserved_memory_)
        return node_kind::reservation;
    if (depth_ != 2)
        return node_kind::other;
    if (name == "chosen")
        return node_kind::chosen;
    if (name != "reserved-memory")
        return node_kind::below_root;
    in_reserved_memory_ = true;
    reserved_cells_ = {};
    return node_kind::reserved_memory;
}

/// True if `name` with its NUL stands at `name_at` in the block of strings. Looks at no more
/// bytes than that, so a tree of hostile names costs nothing.
bool structure_reader::is_named(u32 name_at, std::string_view name) const
{
    return name_at < strings_.size() && strings_.size() - name_at > name.size() &&
           std::memcmp(&strings_[name_at], name.data(), name.size()) == 0 &&
           strings_[name_at + name.size()] == 0;
}

void structure_reader::take_property(u32 name_at, bytes_t value)
{
    // A count of cells that is no number becomes 0, which check_cells() complains about.
    const auto count = [&] { return value.size() == CELL ? be32(value, 0) : 0; };
    const auto address = [&](const char *name) -> std::optional<u64> {
        if (value.size() == CELL || value.size() == 2 * CELL)
            return number(value, 0, static_cast<u32>(value.size() / CELL));
        printk("fdt: %s ignored: %zu bytes long, 4 or 8 wanted\n", name, value.size());
        return std::nullopt;
    };
    if (node_.kind == node_kind::root || node_.kind == node_kind::reserved_memory) {
        cell_counts &cells = node_.kind == node_kind::root ? root_cells_ : reserved_cells_;
        if (is_named(name_at, "#address-cells"))
            cells.address = count();
        else if (is_named(name_at, "#size-cells"))
            cells.size = count();
    } else if (node_.kind == node_kind::chosen) {
        if (is_named(name_at, "bootargs"))
            sink_.command_line(text_of(value), "/chosen/bootargs");
        else if (is_named(name_at, "linux,initrd-start"))
            node_.initrd_start = address("linux,initrd-start");
        else if (is_named(name_at, "linux,initrd-end"))
            node_.initrd_end = address("linux,initrd-end");
    } else if (is_named(name_at, "reg")) {
        node_.reg = value;
    } else if (is_named(name_at, "device_type")) {
        node_.is_memory = text_of(value) == "memory";
    } else if (is_named(name_at, "status")) {
        node_.disabled = text_of(value) != "okay" && text_of(value) != "ok";
    }
}

/// All properties of the node have been seen: tells what they come to.
void structure_reader::finish_node()
{
    switch (node_.kind) {
    case node_kind::root:
        check_cells(root_cells_, "/");
        break;
    case node_kind::reserved_memory:
        check_cells(reserved_cells_, "/reserved-memory");
        break;
    case node_kind::chosen:
        finish_initrd();
        break;
    case node_kind::below_root:
        if (node_.is_memory && !node_.disabled)
            each_range(node_.reg, root_cells_, "memory",
                       [this](u64 start, u64 size) { sink_.memory(start, size, "memory"); });
        break;
    case node_kind::reservation:
        if (!node_.disabled)
            each_range(node_.reg, reserved_cells_, "reserved-memory", [this](u64 start, u64 size) {
                sink_.reserve(start, size, "reserved-memory");
            });
        break;
    case node_kind::other:
        break;
    }
    node_ = {};
}

void structure_reader::finish_initrd()
{
    if (!node_.initrd_start && !node_.initrd_end)
        return;
    if (!node_.initrd_start || !node_.initrd_end)
        printk("fdt: initrd ignored: linux,initrd-start and -end belong together\n");
    else if (*node_.initrd_end <= *node_.initrd_start)
        printk("fdt: initrd ignored: linux,initrd-end is not above linux,initrd-start\n");
    else
        sink_.initrd(*node_.initrd_start, *node_.initrd_end - *node_.initrd_start, "/chosen");
}

void structure_reader::check_cells(const cell_counts &cells, const char *where)
{
    if (!cells.readable())
        printk("fdt: reg below %s ignored: #address-cells %u and #size-cells %u, 1 or 2 wanted\n",
               where, cells.address, cells.size);
}

/// Calls tell(start, size) for each entry of a reg.
template <class Tell>
void structure_reader::each_range(bytes_t reg, const cell_counts &cells, const char *what,
                                  Tell tell)
{
    if (!cells.readable())
        return; // check_cells() has said so
    const size_t entry = (cells.address + cells.size) * CELL;
    if (reg.size() % entry != 0) {
        printk("fdt: reg of a %s node ignored: %zu bytes are no multiple of %zu\n", what,
               reg.size(), entry);
        return;
    }
    for (; !reg.empty(); reg = reg.subspan(entry)) {
        const u64 start = number(reg, 0, cells.address);
        const u64 size = number(reg, cells.address * CELL, cells.size);
        if (size != 0)
            tell(start, size);
    }
}

} // namespace

void fdt::read_structure(const blocks &found, loader_sink &sink)
{
    structure_reader(found.structure, found.strings, sink).read();
}
