// Benches of red-black trees: 1000 nodes with random keys, put in, found, taken out; plain, and
// augmented by the largest of a second number. The loop over the nodes is counted, as in Linux's
// figures. Each round of the harness uses a set of nodes of its own, because a tree can be emptied
// once. Budgets: tests/bench/budgets.txt.
#include <kernel/monitor/bench.h>

#include <kernel/lib/rb_tree.h>
#include <mm/vmalloc.h>

namespace {

constexpr u32 NODES = 1000;
constexpr u32 ROUNDS = 8; // the harness makes four

struct item {
    u32 key;
    u32 size;
    u32 largest;
    rb_node node;
};
using plain_tree = rb_tree<item, &item::node, &item::key>;
using largest_tree =
    rb_tree<item, &item::node, &item::key, rb_largest<item, &item::size, &item::largest>>;

template <class Tree>
struct forest {
    Tree trees[ROUNDS];
    item items[ROUNDS][NODES];
    u32 round;
};
constinit forest<plain_tree> *plain = nullptr;
constinit forest<largest_tree> *augmented = nullptr;

/// Trees that are empty, with the keys in random order.
template <class Tree>
const char *plant(forest<Tree> *&trees)
{
    trees = static_cast<forest<Tree> *>(vmalloc(sizeof(forest<Tree>)));
    if (!trees)
        return "there is not enough memory";
    u32 random = 2463534242u;
    trees->round = 0;
    for (u32 round = 0; round < ROUNDS; round++) {
        trees->trees[round] = Tree();
        for (item &one : trees->items[round]) {
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            one.key = random;
            one.size = random >> 20;
            one.largest = 0;
        }
    }
    return nullptr;
}
template <class Tree>
const char *grow(forest<Tree> *&trees)
{
    if (const char *problem = plant(trees))
        return problem;
    for (u32 round = 0; round < ROUNDS; round++)
        for (item &one : trees->items[round])
            trees->trees[round].insert(one);
    return nullptr;
}

constexpr bench_state bare_plain{[] { return plant(plain); }, [] { vfree(plain); }};
constexpr bench_state grown_plain{[] { return grow(plain); }, [] { vfree(plain); }};
constexpr bench_state bare_augmented{[] { return plant(augmented); }, [] { vfree(augmented); }};
constexpr bench_state grown_augmented{[] { return grow(augmented); }, [] { vfree(augmented); }};

template <class Tree>
inline void insert_all(forest<Tree> *trees)
{
    const u32 round = trees->round++ % ROUNDS;
    Tree &tree = trees->trees[round];
    for (item &one : trees->items[round])
        tree.insert(one);
}
template <class Tree>
inline void erase_all(forest<Tree> *trees)
{
    const u32 round = trees->round++ % ROUNDS;
    Tree &tree = trees->trees[round];
    for (item &one : trees->items[round])
        tree.erase(one);
}
[[gnu::noinline]] item *find(const plain_tree &tree, u32 key)
{
    return tree.find(key);
}

} // namespace

BENCH_LOOPS(bare_plain, rbtree_1000_insert, NODES)
{
    (void) iterations;
    insert_all(plain);
}
BENCH_LOOPS(grown_plain, rbtree_1000_hit, NODES)
{
    u32 missed = 0;
    for (u32 i = 0; i < iterations; i++)
        missed += find(plain->trees[0], plain->items[0][i].key) == nullptr;
    asm volatile("" ::"r"(missed));
}
BENCH_LOOPS(grown_plain, rbtree_1000_erase, NODES)
{
    (void) iterations;
    erase_all(plain);
}
BENCH_LOOPS(bare_augmented, rbtree_augmented_1000_insert, NODES)
{
    (void) iterations;
    insert_all(augmented);
}
BENCH_LOOPS(grown_augmented, rbtree_augmented_1000_erase, NODES)
{
    (void) iterations;
    erase_all(augmented);
}
