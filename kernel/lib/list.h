// Intrusive, circular, doubly linked lists, with Linux's names.
//
//   head <-> a.lru <-> b.lru <-> head         a node is a member of what it links
//
// A list_head is either the head of a list or a node in one; an empty list is a head that points
// to itself. Nothing is allocated and a node knows no owner: list_entry<&page::lru>(node) leads
// back to the structure around it.
//
//     for (page &p : list_entries<&page::lru>(free_list)) ...
//
// Each change first checks that the neighbours agree about who stands beside whom, and a removed
// node is left pointing at addresses that fault; so adding twice, removing twice and writing over
// a node are reported where they happen instead of loops later. No lock inside.
// Linux: include/linux/list.h, lib/list_debug.c.
#pragma once

#include <kernel/lib/types.h>

/// Without constructors, so that it may stand in a union (struct page) and in cleared memory.
struct list_head {
    list_head *next;
    list_head *prev;
};

/// An empty list, ready before any code runs: list_head free = LIST_HEAD_INIT(free);
#define LIST_HEAD_INIT(name)                                                                       \
    {                                                                                              \
        &(name), &(name)                                                                           \
    }

/// Where removed nodes point: never mapped on the target (below the first page's end), told
/// apart by the last digit. Linux: LIST_POISON1, LIST_POISON2.
inline list_head *list_poison_next()
{
    return reinterpret_cast<list_head *>(0x100);
}
inline list_head *list_poison_prev()
{
    return reinterpret_cast<list_head *>(0x122);
}

/// Reports a damaged list and does not return; defined by the room above (kernel/core/panic.cpp).
[[noreturn]] void list_corrupted(const char *what, const list_head *node, const list_head *prev,
                                 const list_head *next);

/// Makes `head` an empty list, whatever it was. Linux: INIT_LIST_HEAD().
inline void INIT_LIST_HEAD(list_head *head)
{
    head->next = head->prev = head;
}

/// Puts `entry` between two neighbours. Internal to this file. Linux: __list_add().
inline void __list_add(list_head *entry, list_head *prev, list_head *next)
{
    if (__builtin_expect(prev->next != next || next->prev != prev, 0))
        list_corrupted("list_add into a broken list", entry, prev, next);
    if (__builtin_expect(entry == prev || entry == next, 0))
        list_corrupted("list_add of a node that is there", entry, prev, next);
    next->prev = entry;
    entry->next = next;
    entry->prev = prev;
    prev->next = entry;
}

/// Adds `entry`, which is in no list, directly behind `head`. Linux: list_add().
inline void list_add(list_head *entry, list_head *head)
{
    __list_add(entry, head, head->next);
}
/// Adds `entry`, which is in no list, at the end of the list `head`. Linux: list_add_tail().
inline void list_add_tail(list_head *entry, list_head *head)
{
    __list_add(entry, head->prev, head);
}

/// Takes `entry` out and leaves it as it was, for those who set it at once. Internal.
inline void __list_del_entry(list_head *entry)
{
    list_head *prev = entry->prev;
    list_head *next = entry->next;
    if (__builtin_expect(next == list_poison_next() || prev == list_poison_prev(), 0))
        list_corrupted("list_del of a removed node", entry, prev, next);
    if (__builtin_expect(prev->next != entry || next->prev != entry, 0))
        list_corrupted("list_del from a broken list", entry, prev, next);
    next->prev = prev;
    prev->next = next;
}

/// Takes `entry` out of its list and poisons it. Linux: list_del().
inline void list_del(list_head *entry)
{
    __list_del_entry(entry);
    entry->next = list_poison_next();
    entry->prev = list_poison_prev();
}
/// Takes `entry` out of its list and makes it an empty list. Linux: list_del_init().
inline void list_del_init(list_head *entry)
{
    __list_del_entry(entry);
    INIT_LIST_HEAD(entry);
}
/// Takes `entry` out of its list and puts it directly behind `head`. Linux: list_move().
inline void list_move(list_head *entry, list_head *head)
{
    __list_del_entry(entry);
    list_add(entry, head);
}
/// Takes `entry` out of its list and puts it at the end of `head`. Linux: list_move_tail().
inline void list_move_tail(list_head *entry, list_head *head)
{
    __list_del_entry(entry);
    list_add_tail(entry, head);
}

/// Moves all of `list` to the front of `head` and leaves `list` empty.
/// Linux: list_splice_init().
inline void list_splice_init(list_head *list, list_head *head)
{
    if (list->next == list)
        return;
    list_head *first = list->next;
    list_head *last = list->prev;
    list_head *at = head->next;
    first->prev = head;
    head->next = first;
    last->next = at;
    at->prev = last;
    INIT_LIST_HEAD(list);
}

/// Linux: list_empty().
[[nodiscard]] inline bool list_empty(const list_head *head)
{
    return head->next == head;
}
/// True if `head` has exactly one entry. Linux: list_is_singular().
[[nodiscard]] inline bool list_is_singular(const list_head *head)
{
    return !list_empty(head) && head->next == head->prev;
}

template <class Class>
Class list_owner_of(list_head Class::*); // declared only, to name the class of a member

/// The structure whose member `Member` is `node`. Linux: list_entry(node, type, member).
template <auto Member>
[[nodiscard]] auto *list_entry(list_head *node)
{
    using owner = decltype(list_owner_of(Member));
    // The distance of the member, from an owner that is never looked at.
    auto *imagined = reinterpret_cast<owner *>(alignof(owner) * 64);
    size_t distance =
        reinterpret_cast<char *>(&(imagined->*Member)) - reinterpret_cast<char *>(imagined);
    return reinterpret_cast<owner *>(reinterpret_cast<char *>(node) - distance);
}
/// The first entry of a list that is not empty. Linux: list_first_entry().
template <auto Member>
[[nodiscard]] auto *list_first_entry(list_head *head)
{
    return list_entry<Member>(head->next);
}
/// The last entry of a list that is not empty. Linux: list_last_entry().
template <auto Member>
[[nodiscard]] auto *list_last_entry(list_head *head)
{
    return list_entry<Member>(head->prev);
}

/// A list as a range of the structures in it. The entry at hand may be removed while looping
/// (the next one is looked up before the body runs), others may not.
/// Linux: list_for_each_entry_safe().
template <auto Member>
class list_entries {
public:
    explicit list_entries(list_head &head) : head_(&head) {}

    class iterator {
    public:
        explicit iterator(list_head *node) : node_(node), next_(node->next) {}
        auto &operator*() const { return *list_entry<Member>(node_); }
        iterator &operator++()
        {
            node_ = next_;
            next_ = node_->next;
            return *this;
        }
        bool operator==(const iterator &other) const { return node_ == other.node_; }

    private:
        list_head *node_;
        list_head *next_;
    };

    [[nodiscard]] iterator begin() const { return iterator(head_->next); }
    [[nodiscard]] iterator end() const { return iterator(head_); }

private:
    list_head *head_;
};
