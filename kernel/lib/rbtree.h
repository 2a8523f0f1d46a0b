// Red-black trees: nodes in order of a key, found, added and removed in logarithmic time.
//
//            B:40            every node is red or black;
//           /    \           no red node has a red child;
//        R:20    B:60        from the root to each end there are equally many black nodes
//        /  \       \        (the black height), so no path is twice as long as another
//     B:10  B:30    R:70
//
// Two layers. rb_node, rb_insert_color(), rb_erase() know links and colours, nothing of keys, and
// bear Linux's names. rb_tree<T, &T::node, key> knows where a T keeps its node and its key.
// Nothing is allocated: the node is a member of what is in the tree.
//
// A tree may be augmented: each node keeps something about all nodes below it (the largest gap, the
// furthest end), so that a search can leave out subtrees. rb_tree tells the augmentation whenever
// a subtree changed, upwards from there, and it says when there is no need to go further up.
//
// The colour is the lowest bit of the parent's address. No lock inside.
// Linux: include/linux/rbtree.h, rbtree_augmented.h, lib/rbtree.c.
#pragma once

#include <kernel/lib/types.h>

/// A member of what is in a tree. Its address is even.
struct rb_node {
    unsigned long __rb_parent_color; ///< the parent's address; bit 0: black
    rb_node *rb_right;
    rb_node *rb_left;
};

/// Linux: struct rb_root.
struct rb_root {
    struct rb_node *rb_node = nullptr;
};

constexpr unsigned long RB_BLACK = 1;

[[nodiscard]] inline rb_node *rb_parent(const rb_node *node)
{
    return reinterpret_cast<rb_node *>(node->__rb_parent_color & ~RB_BLACK);
}
[[nodiscard]] inline bool rb_is_black(const rb_node *node)
{
    return node->__rb_parent_color & RB_BLACK;
}
/// What is not there counts as black.
[[nodiscard]] inline bool rb_is_red(const rb_node *node)
{
    return node && !rb_is_black(node);
}

/// First, last, next and previous node in order of keys; nullptr at the ends. Linux: the same.
[[nodiscard]] rb_node *rb_first(const rb_root *root);
[[nodiscard]] rb_node *rb_last(const rb_root *root);
[[nodiscard]] rb_node *rb_next(const rb_node *node);
[[nodiscard]] rb_node *rb_prev(const rb_node *node);

/// Hangs `node` as a red leaf below `parent` (nullptr: as the root), where a search for its key
/// ended: *link is nullptr. rb_insert_color() must follow. Linux: rb_link_node().
inline void rb_link_node(rb_node *node, rb_node *parent, rb_node **link)
{
    node->__rb_parent_color = reinterpret_cast<unsigned long>(parent);
    node->rb_left = node->rb_right = nullptr;
    *link = node;
}

/// The augmentation of a plain tree: nodes know nothing of those below them.
struct rb_plain {
    static bool update(rb_node *) { return false; }
};

/// What is below the tree's two functions: rotations and colours.
template <class Augment>
struct rb_balance {
    static void insert_color(rb_node *node, rb_root *root);
    static void erase(rb_node *node, rb_root *root);
    /// Tells `node` and those above, up to before `end`, that nodes below changed, until one says
    /// that it did not.
    static void propagate(rb_node *node, const rb_node *end = nullptr)
    {
        while (node != end && Augment::update(node))
            node = rb_parent(node);
    }

private:
    using side = rb_node *rb_node::*;

    static void set_parent(rb_node *node, rb_node *parent)
    {
        node->__rb_parent_color =
            reinterpret_cast<unsigned long>(parent) | (node->__rb_parent_color & RB_BLACK);
    }
    static void set_red(rb_node *node) { node->__rb_parent_color &= ~RB_BLACK; }
    static void set_black(rb_node *node) { node->__rb_parent_color |= RB_BLACK; }

    /// `now` hangs where `old` hung, with its parent and colour.
    static void take_place(rb_node *old, rb_node *now, rb_root *root)
    {
        rb_node *const parent = rb_parent(old);
        now->__rb_parent_color = old->__rb_parent_color;
        link_of(old, parent, root) = now;
    }
    static rb_node *&link_of(const rb_node *node, rb_node *parent, rb_root *root)
    {
        if (!parent)
            return root->rb_node;
        return parent->rb_left == node ? parent->rb_left : parent->rb_right;
    }
    template <side Left, side Right>
    static void rotate(rb_node *top, rb_root *root);
    template <side Left, side Right>
    static rb_node *insert_step(rb_node *node, rb_node *parent, rb_node *grand, rb_root *root);
    template <side Left, side Right>
    static rb_node *erase_step(rb_node *parent, rb_root *root);
    static void erase_color(rb_node *parent, rb_root *root);
};

/// Makes `top` the Left child of its Right child, with the colours exchanged:
///
///      top                      up
///     |   |                    |  |
///    a     up      ->       top    c
///         |  |             |   |
///        b    c           a     b
template <class Augment>
template <rb_node *rb_node::*Left, rb_node *rb_node::*Right>
inline void rb_balance<Augment>::rotate(rb_node *top, rb_root *root)
{
    rb_node *const up = top->*Right;
    rb_node *const between = up->*Left;
    const unsigned long colour = up->__rb_parent_color & RB_BLACK;
    take_place(top, up, root);
    up->*Left = top;
    top->*Right = between;
    if (between)
        set_parent(between, top);
    top->__rb_parent_color = reinterpret_cast<unsigned long>(up) | colour;
    Augment::update(top);
    Augment::update(up);
}

/// `node` and its parent, the Left child of `grand`, are red.
/// @return  the node that is red below a parent unknown, or nullptr: all is well
template <class Augment>
template <rb_node *rb_node::*Left, rb_node *rb_node::*Right>
inline rb_node *rb_balance<Augment>::insert_step(rb_node *node, rb_node *parent, rb_node *grand,
                                                 rb_root *root)
{
    rb_node *const uncle = grand->*Right;
    if (rb_is_red(uncle)) {
        // Both children of `grand` become black in its place: the black height stays.
        set_black(parent);
        set_black(uncle);
        set_red(grand);
        return grand;
    }
    if (node == parent->*Right)
        rotate<Left, Right>(parent, root); // both are red: now the inner one stands outside
    rotate<Right, Left>(grand, root);
    return nullptr;
}

template <class Augment>
void rb_balance<Augment>::insert_color(rb_node *node, rb_root *root)
{
    Augment::update(node);
    propagate(rb_parent(node));
    while (node) {
        rb_node *const parent = rb_parent(node);
        if (!parent) {
            set_black(node);
            return;
        }
        if (rb_is_black(parent))
            return;
        rb_node *const grand = rb_parent(parent); // a red node is not the root
        if (parent == grand->rb_left)
            node = insert_step<&rb_node::rb_left, &rb_node::rb_right>(node, parent, grand, root);
        else
            node = insert_step<&rb_node::rb_right, &rb_node::rb_left>(node, parent, grand, root);
    }
}

/// The paths through the Left child of `parent` lack one black node.
/// @return  the node whose parent lacks one now, or nullptr: all is well
template <class Augment>
template <rb_node *rb_node::*Left, rb_node *rb_node::*Right>
inline rb_node *rb_balance<Augment>::erase_step(rb_node *parent, rb_root *root)
{
    rb_node *sibling = parent->*Right;
    if (rb_is_red(sibling)) {
        // Then its children are black, and one of them becomes the sibling.
        rotate<Left, Right>(parent, root);
        sibling = parent->*Right;
    }
    if (!rb_is_red(sibling->*Right)) {
        if (!rb_is_red(sibling->*Left)) {
            // Here too one less; the parent makes up for it if it is red.
            set_red(sibling);
            const bool was_red = !rb_is_black(parent);
            set_black(parent);
            return was_red ? nullptr : parent;
        }
        rotate<Right, Left>(sibling, root);
        sibling = parent->*Right;
    }
    set_black(sibling->*Right);
    rotate<Left, Right>(parent, root); // the parent's colour goes up, the sibling's black down
    return nullptr;
}

template <class Augment>
void rb_balance<Augment>::erase_color(rb_node *parent, rb_root *root)
{
    const rb_node *lacking = nullptr; // the child of `parent`
    while (parent) {
        rb_node *const up = parent->rb_left == lacking
                                ? erase_step<&rb_node::rb_left, &rb_node::rb_right>(parent, root)
                                : erase_step<&rb_node::rb_right, &rb_node::rb_left>(parent, root);
        if (!up)
            return;
        lacking = up;
        parent = rb_parent(up);
    }
}

template <class Augment>
void rb_balance<Augment>::erase(rb_node *node, rb_root *root)
{
    rb_node *changed;            // the lowest whose children became others
    rb_node *child;              // takes the place of a node,
    unsigned long removed;       // which had this colour
    rb_node *in_place = nullptr; // what hangs where `node` hung, if it has children
    if (!node->rb_left || !node->rb_right) {
        child = node->rb_left ? node->rb_left : node->rb_right;
        changed = rb_parent(node);
        removed = node->__rb_parent_color & RB_BLACK;
        link_of(node, changed, root) = child;
    } else {
        // The next one in order has no left child; it takes the node's place and colour.
        rb_node *next = node->rb_right;
        while (next->rb_left)
            next = next->rb_left;
        child = next->rb_right;
        changed = rb_parent(next);
        removed = next->__rb_parent_color & RB_BLACK;
        if (changed == node) {
            changed = next;
        } else {
            changed->rb_left = child;
            next->rb_right = node->rb_right;
            set_parent(node->rb_right, next);
        }
        next->rb_left = node->rb_left;
        set_parent(node->rb_left, next);
        take_place(node, next, root);
        in_place = next;
    }
    if (child) // an only child is red: it becomes black instead of what was removed
        child->__rb_parent_color = reinterpret_cast<unsigned long>(changed) | RB_BLACK;
    propagate(changed, in_place);
    if (in_place) { // those above knew `node`
        Augment::update(in_place);
        propagate(rb_parent(in_place));
    }
    if (!child && removed == RB_BLACK)
        erase_color(changed, root);
}

extern template struct rb_balance<rb_plain>;

/// Balances the tree after rb_link_node() of `node`. Linux: rb_insert_color().
inline void rb_insert_color(rb_node *node, rb_root *root)
{
    rb_balance<rb_plain>::insert_color(node, root);
}
/// Takes `node`, which is in the tree, out of it. Linux: rb_erase().
inline void rb_erase(rb_node *node, rb_root *root)
{
    rb_balance<rb_plain>::erase(node, root);
}

/// nullptr, or what is wrong with links and colours: black heights, red below red, parents.
[[nodiscard]] const char *rb_verify(const rb_root *root);
