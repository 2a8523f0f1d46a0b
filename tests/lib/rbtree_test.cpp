// Red-black trees: balance after every operation, order, augmentation, against a sorted array.
#include <kernel/lib/rb_tree.h>
#include <tests/test.h>

#include <algorithm>
#include <cstring>

namespace {

struct item {
    u32 key;
    u32 size;    // what the augmented tree is asked for
    u32 largest; // of all below
    rb_node node;
};
using plain_tree = rb_tree<item, &item::node, &item::key>;
using largest_tree =
    rb_tree<item, &item::node, &item::key, rb_largest<item, &item::size, &item::largest>>;

constexpr u32 ITEMS = 300;
item items[ITEMS];

u32 next_random(u32 &state)
{
    state ^= state << 13;
    state ^= state >> 17;
    return state ^= state << 5;
}

template <class Tree>
void expect_sound(const Tree &tree)
{
    const char *const problem = tree.verify();
    EXPECT_STREQ(problem ? problem : "", "");
}

/// Which items are in the tree, by number; keys are numbers.
template <class Tree>
class beside_a_set {
public:
    Tree tree;

    void toggle(u32 n)
    {
        if (in_[n])
            tree.erase(items[n]);
        else
            tree.insert(items[n]);
        in_[n] = !in_[n];
    }
    void expect_equal() const
    {
        expect_sound(tree);
        const item *at = tree.first();
        for (u32 n = 0; n < ITEMS; n++) {
            EXPECT_EQ(tree.find(n), in_[n] ? &items[n] : nullptr);
            if (!in_[n])
                continue;
            ASSERT_EQ(at, &items[n]);
            at = Tree::next(*at);
        }
        EXPECT_EQ(at, nullptr);
    }
    /// The lowest that suffices, the slow way.
    [[nodiscard]] const item *lowest_with(u32 size) const
    {
        for (u32 n = 0; n < ITEMS; n++)
            if (in_[n] && items[n].size >= size)
                return &items[n];
        return nullptr;
    }

private:
    u8 in_[ITEMS] = {};
};

class RbTree : public ::testing::Test {
protected:
    void SetUp() override
    {
        u32 random = 12345;
        for (u32 n = 0; n < ITEMS; n++)
            items[n] = {n, next_random(random) % 1000, next_random(random), {}};
    }
    /// A tree of the items 0 to count - 1, put in by steps of `step`, which has no divisor in
    /// common with `count`.
    template <class Tree>
    static void fill(Tree &tree, u32 count, u32 step = 1)
    {
        for (u32 i = 0; i < count; i++)
            tree.insert(items[i * step % count]);
    }
};

} // namespace

TEST_F(RbTree, BeginsEmpty)
{
    const plain_tree tree;
    EXPECT_TRUE(tree.empty());
    EXPECT_EQ(tree.first(), nullptr);
    EXPECT_EQ(tree.last(), nullptr);
    EXPECT_EQ(tree.find(1u), nullptr);
    EXPECT_EQ(tree.lower_bound(0u), nullptr);
    expect_sound(tree);
}

TEST_F(RbTree, OneNodeIsFirstLastAndRoot)
{
    plain_tree tree;
    tree.insert(items[7]);
    EXPECT_FALSE(tree.empty());
    EXPECT_EQ(tree.first(), &items[7]);
    EXPECT_EQ(tree.last(), &items[7]);
    EXPECT_EQ(plain_tree::next(items[7]), nullptr);
    EXPECT_EQ(plain_tree::prev(items[7]), nullptr);
    tree.erase(items[7]);
    EXPECT_TRUE(tree.empty());
}

TEST_F(RbTree, WalksUpAndDownInOrder)
{
    plain_tree tree;
    fill(tree, 101, 37);
    u32 n = 0;
    for (const item *at = tree.first(); at; at = plain_tree::next(*at))
        EXPECT_EQ(at->key, n++);
    EXPECT_EQ(n, 101u);
    for (const item *at = tree.last(); at; at = plain_tree::prev(*at))
        EXPECT_EQ(at->key, --n);
    EXPECT_EQ(n, 0u);
}

TEST_F(RbTree, LowerBoundIsTheFirstThatIsNotBelow)
{
    plain_tree tree;
    for (u32 n = 0; n < ITEMS; n++)
        items[n].key = 10 * n;
    fill(tree, 100, 33);
    for (u32 key = 0; key <= 990; key++)
        EXPECT_EQ(tree.lower_bound(key), &items[(key + 9) / 10]);
    EXPECT_EQ(tree.lower_bound(991u), nullptr);
}

TEST_F(RbTree, EqualKeysStandInTheOrderOfInsertion)
{
    plain_tree tree;
    for (u32 n = 0; n < 50; n++)
        items[n].key = n % 5;
    for (u32 n = 0; n < 50; n++)
        tree.insert(items[n]);
    expect_sound(tree);
    const item *at = tree.first();
    for (u32 i = 0; i < 50; i++, at = plain_tree::next(*at))
        ASSERT_EQ(at, &items[i % 10 * 5 + i / 10]);
}

TEST_F(RbTree, StaysBalancedGrowingAndShrinkingFromEitherEnd)
{
    for (const u32 step : {1u, ITEMS - 1}) {
        plain_tree tree;
        for (u32 i = 0; i < ITEMS; i++) {
            tree.insert(items[i * step % ITEMS]);
            expect_sound(tree);
        }
        while (!tree.empty()) {
            tree.erase(step == 1 ? *tree.first() : *tree.last());
            expect_sound(tree);
        }
    }
}

TEST_F(RbTree, EveryOrderOfErasingSevenKeepsItBalanced)
{
    u32 order[7] = {0, 1, 2, 3, 4, 5, 6};
    do {
        plain_tree tree;
        fill(tree, 7, 3);
        for (const u32 n : order) {
            tree.erase(items[n]);
            const char *const problem = tree.verify();
            ASSERT_STREQ(problem ? problem : "", "");
        }
    } while (std::next_permutation(order, order + 7));
}

TEST_F(RbTree, AgreesWithASetWhateverHappens)
{
    static beside_a_set<plain_tree> both;
    memset(static_cast<void *>(&both), 0, sizeof both);
    u32 random = 88172645;
    for (u32 step = 0; step < 3000; step++) {
        both.toggle(next_random(random) % (step < 1500 ? ITEMS : 40));
        expect_sound(both.tree);
        if (step % 100 == 0)
            both.expect_equal();
    }
    both.expect_equal();
}

TEST_F(RbTree, TheAugmentedTreeFindsTheLowestThatSuffices)
{
    static beside_a_set<largest_tree> both;
    memset(static_cast<void *>(&both), 0, sizeof both);
    u32 random = 521288629;
    for (u32 step = 0; step < 3000; step++) {
        both.toggle(next_random(random) % (step < 1500 ? ITEMS : 60));
        expect_sound(both.tree);
        const u32 wanted = next_random(random) % 1010;
        EXPECT_EQ(both.tree.first_at_least(wanted), both.lowest_with(wanted));
    }
    both.expect_equal();
}

TEST_F(RbTree, AChangedValueIsToldUpwards)
{
    largest_tree tree;
    fill(tree, 100, 7);
    u32 random = 77;
    for (u32 step = 0; step < 500; step++) {
        item &one = items[next_random(random) % 100];
        one.size = next_random(random) % 5000;
        tree.changed(one);
        expect_sound(tree);
    }
}

TEST_F(RbTree, NothingSufficesInAnEmptyTree)
{
    const largest_tree tree;
    EXPECT_EQ(tree.first_at_least(0u), nullptr);
}

TEST_F(RbTree, LinuxsNamesDoWithoutTheTemplate)
{
    rb_root root;
    for (u32 n = 0; n < 20; n++) {
        rb_node **link = &root.rb_node;
        rb_node *parent = nullptr;
        while (*link) {
            parent = *link;
            link = &parent->rb_right;
        }
        rb_link_node(&items[n].node, parent, link);
        rb_insert_color(&items[n].node, &root);
        EXPECT_EQ(rb_verify(&root), nullptr);
    }
    EXPECT_EQ(rb_first(&root), &items[0].node);
    EXPECT_EQ(rb_last(&root), &items[19].node);
    EXPECT_EQ(rb_prev(rb_next(&items[4].node)), &items[4].node);
    rb_erase(&items[4].node, &root);
    EXPECT_EQ(rb_next(&items[3].node), &items[5].node);
    EXPECT_EQ(rb_verify(&root), nullptr);
}

TEST_F(RbTree, DamageIsNamed)
{
    const auto expect_problem = [](const rb_root &root, const char *text) {
        const char *const problem = rb_verify(&root);
        EXPECT_STREQ(problem ? problem : "", text);
    };
    rb_node top, left, right, below;
    const auto rebuild = [&] {
        top = {RB_BLACK, &right, &left};
        left = {reinterpret_cast<unsigned long>(&top) | RB_BLACK, nullptr, nullptr};
        right = {reinterpret_cast<unsigned long>(&top) | RB_BLACK, &below, nullptr};
        below = {reinterpret_cast<unsigned long>(&right), nullptr, nullptr};
        return rb_root{&top};
    };
    expect_problem(rebuild(), "");
    expect_problem((rebuild(), rb_root{&left}), "the root has a parent");
    rb_root root = rebuild();
    top.__rb_parent_color = 0;
    expect_problem(root, "the root is red");
    root = rebuild();
    left.__rb_parent_color = reinterpret_cast<unsigned long>(&top);
    right.__rb_parent_color = reinterpret_cast<unsigned long>(&top);
    expect_problem(root, "a red node has a red child");
    root = rebuild();
    below.__rb_parent_color |= RB_BLACK;
    expect_problem(root, "two paths have different black heights");
    root = rebuild();
    below.__rb_parent_color = reinterpret_cast<unsigned long>(&left);
    expect_problem(root, "a child names another parent");
}

TEST_F(RbTree, WrongOrderAndStaleAugmentationAreNamed)
{
    largest_tree tree;
    fill(tree, 10);
    items[9].size = 100000;
    EXPECT_STREQ(tree.verify(), "a node's augmentation was out of date");
    tree.changed(items[9]);
    expect_sound(tree);
    items[3].key = 5;
    EXPECT_STREQ(tree.verify(), "two nodes are in the wrong order");
}
