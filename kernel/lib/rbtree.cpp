// The parts of red-black trees that are the same for all: walking in order, and a check of the
// rules that make them balanced. What changes a tree is in rbtree.h, because an augmentation wants
// it inlined; the plain one is compiled here.
// Linux: lib/rbtree.c.
#include <kernel/lib/rbtree.h>

template struct rb_balance<rb_plain>;

namespace {

using side = rb_node *rb_node::*;

template <side Left>
rb_node *outermost(rb_node *node)
{
    while (node && node->*Left)
        node = node->*Left;
    return node;
}

/// The neighbour on the Right side.
template <side Left, side Right>
rb_node *neighbour(const rb_node *node)
{
    if (node->*Right)
        return outermost<Left>(node->*Right);
    rb_node *parent = rb_parent(node);
    while (parent && node == parent->*Right) {
        node = parent;
        parent = rb_parent(node);
    }
    return parent;
}

/// The black nodes from the root down to where `node` ends.
u32 black_depth(const rb_node *node)
{
    u32 depth = 0;
    for (; node; node = rb_parent(node))
        depth += rb_is_black(node);
    return depth;
}

} // namespace

rb_node *rb_first(const rb_root *root)
{
    return outermost<&rb_node::rb_left>(root->rb_node);
}
rb_node *rb_last(const rb_root *root)
{
    return outermost<&rb_node::rb_right>(root->rb_node);
}
rb_node *rb_next(const rb_node *node)
{
    return neighbour<&rb_node::rb_left, &rb_node::rb_right>(node);
}
rb_node *rb_prev(const rb_node *node)
{
    return neighbour<&rb_node::rb_right, &rb_node::rb_left>(node);
}

const char *rb_verify(const rb_root *root)
{
    const rb_node *const top = root->rb_node;
    if (top && rb_parent(top))
        return "the root has a parent";
    if (rb_is_red(top))
        return "the root is red";
    const u32 height = black_depth(rb_first(root));
    for (const rb_node *node = rb_first(root); node; node = rb_next(node)) {
        const rb_node *const children[] = {node->rb_left, node->rb_right};
        for (const rb_node *child : children) {
            if (child && rb_parent(child) != node)
                return "a child names another parent";
            if (rb_is_red(node) && rb_is_red(child))
                return "a red node has a red child";
        }
        const bool is_end = !node->rb_left || !node->rb_right;
        if (is_end && black_depth(node) != height)
            return "two paths have different black heights";
    }
    return nullptr;
}
