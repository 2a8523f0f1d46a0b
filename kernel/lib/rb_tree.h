// A red-black tree of structures: rbtree.h told where the node and the key are.
//
//     struct worker { u32 number; rb_node node; };
//     rb_tree<worker, &worker::node, &worker::number> workers;
//
//     workers.insert(w);  workers.find(7);  workers.lower_bound(8);  workers.erase(w);
//
// An augmentation is a class that says in which member of a node the result stands, and computes it
// from the node and its two children:
//
//     static constexpr auto result = &worker::oldest;
//     static u32 compute(const worker &w, const worker *left, const worker *right);
//
// rb_largest is the one for "the largest Own of all nodes below", with which first_at_least()
// finds the lowest key whose Own suffices: a gap that is large enough.
// Linux: rb_add(), rb_find() of include/linux/rbtree.h; RB_DECLARE_CALLBACKS_MAX.
#pragma once

#include <type_traits>

#include <kernel/lib/rbtree.h>

/// The structure whose member `Node` is `node`; nullptr for nullptr. Linux: rb_entry_safe().
template <class T, rb_node T::*Node>
[[nodiscard]] T *rb_entry(const rb_node *node)
{
    auto *imagined = reinterpret_cast<T *>(alignof(T) * 64);
    const size_t distance =
        reinterpret_cast<char *>(&(imagined->*Node)) - reinterpret_cast<char *>(imagined);
    return node ? reinterpret_cast<T *>(reinterpret_cast<unsigned long>(node) - distance) : nullptr;
}

/// No augmentation.
struct rb_nothing {};

/// Each node keeps in Max the largest Own of itself and all below it.
template <class T, auto Own, auto Max>
struct rb_largest {
    static constexpr auto own = Own;
    static constexpr auto result = Max;
    static auto compute(const T &t, const T *left, const T *right)
    {
        auto largest = t.*Own;
        if (left && left->*Max > largest)
            largest = left->*Max;
        if (right && right->*Max > largest)
            largest = right->*Max;
        return largest;
    }
};

template <class T, rb_node T::*Node, auto Key, class Augment = rb_nothing>
class rb_tree {
    struct on_nodes {
        /// Computes the node's result anew. @return true if it is another one
        static bool update(rb_node *node)
        {
            T &t = *entry(node);
            const auto now = computed(t);
            const bool changed = t.*Augment::result != now;
            t.*Augment::result = now;
            return changed;
        }
        static auto computed(const T &t)
        {
            return Augment::compute(t, entry((t.*Node).rb_left), entry((t.*Node).rb_right));
        }
    };
    static constexpr bool augmented = !std::is_same_v<Augment, rb_nothing>;
    using balance = rb_balance<std::conditional_t<augmented, on_nodes, rb_plain>>;

public:
    constexpr rb_tree() = default;

    [[nodiscard]] bool empty() const { return !root_.rb_node; }
    [[nodiscard]] T *first() const { return entry(rb_first(&root_)); }
    [[nodiscard]] T *last() const { return entry(rb_last(&root_)); }
    [[nodiscard]] static T *next(const T &t) { return entry(rb_next(&(t.*Node))); }
    [[nodiscard]] static T *prev(const T &t) { return entry(rb_prev(&(t.*Node))); }

    /// Adds `t`, which is in no tree; behind those that have the same key.
    void insert(T &t)
    {
        const auto key = t.*Key;
        rb_node **link = &root_.rb_node;
        rb_node *parent = nullptr;
        while (*link) {
            parent = *link;
            link = key < entry(parent)->*Key ? &parent->rb_left : &parent->rb_right;
        }
        rb_link_node(&(t.*Node), parent, link);
        balance::insert_color(&(t.*Node), &root_);
    }
    /// Takes `t`, which is in this tree, out of it.
    void erase(T &t) { balance::erase(&(t.*Node), &root_); }
    /// `t`'s own part of the augmentation changed; its key did not pass that of a neighbour.
    void changed(T &t) { balance::propagate(&(t.*Node)); }

    /// One that has this key, or nullptr.
    template <class K>
    [[nodiscard]] T *find(const K &key) const
    {
        const rb_node *node = root_.rb_node;
        while (node) {
            T *const t = entry_of(node);
            if (key < t->*Key)
                node = node->rb_left;
            else if (t->*Key < key)
                node = node->rb_right;
            else
                return t;
        }
        return nullptr;
    }
    /// The first whose key is not below `key`, or nullptr.
    template <class K>
    [[nodiscard]] T *lower_bound(const K &key) const
    {
        T *best = nullptr;
        for (const rb_node *node = root_.rb_node; node;) {
            T *const t = entry_of(node);
            if (t->*Key < key) {
                node = node->rb_right;
            } else {
                best = t;
                node = node->rb_left;
            }
        }
        return best;
    }
    /// With rb_largest: the one of lowest key whose own value is at least `wanted`, or nullptr.
    template <class V>
    [[nodiscard]] T *first_at_least(const V &wanted) const
    {
        T *t = entry(root_.rb_node);
        if (!t || t->*Augment::result < wanted)
            return nullptr;
        for (;;) {
            T *const left = entry((t->*Node).rb_left);
            if (left && !(left->*Augment::result < wanted))
                t = left;
            else if (!(t->*Augment::own < wanted))
                return t;
            else
                t = entry((t->*Node).rb_right);
        }
    }

    /// nullptr, or what is wrong: balance, order of keys, augmentation.
    [[nodiscard]] const char *verify() const
    {
        if (const char *problem = rb_verify(&root_))
            return problem;
        for (T *t = first(); t; t = next(*t)) {
            const T *const after = next(*t);
            if (after && after->*Key < t->*Key)
                return "two nodes are in the wrong order";
            if constexpr (augmented)
                if (on_nodes::computed(*t) != t->*Augment::result)
                    return "a node's augmentation was out of date";
        }
        return nullptr;
    }

private:
    static T *entry(const rb_node *node) { return rb_entry<T, Node>(node); }
    /// Of a node that is there.
    static T *entry_of(const rb_node *node)
    {
        if (!node)
            __builtin_unreachable();
        return rb_entry<T, Node>(node);
    }

    rb_root root_;
};
