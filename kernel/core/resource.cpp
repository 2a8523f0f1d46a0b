// The tree of physical ranges.
//
// The children of a node are a linked list sorted by address. To place a range, walk that list
// to the first child that does not end before the range; four things can be true of it:
//
//   it begins after the range ends           free: the range goes in before it
//   it holds the range                       go down into it (insert) or refuse (request)
//   the range holds it, and maybe more       they become the range's children (insert) or refuse
//   neither holds the other, but they meet   refuse

#include <kernel/core/resource.h>

#include <kernel/lib/errno.h>

constinit resource iomem_resource = {phys_addr_t(0), phys_addr_t(0xffffffff), "PCI mem"};

namespace {

bool holds(const resource &outer, const resource &inner)
{
    return outer.start <= inner.start && inner.end <= outer.end;
}

bool is_range_in(const resource &root, const resource &entry)
{
    return entry.start <= entry.end && holds(root, entry);
}

/// The link (parent's child or a child's sibling) that leads to the first child of `parent`
/// which does not end before `entry` starts.
resource **place_for(resource *parent, const resource &entry)
{
    resource **link = &parent->child;
    while (*link && (*link)->end < entry.start)
        link = &(*link)->sibling;
    return link;
}

bool meets(const resource *child, const resource &entry)
{
    return child && child->start <= entry.end;
}

void put_at(resource **link, resource *parent, resource *entry)
{
    entry->parent = parent;
    entry->sibling = *link;
    entry->child = nullptr;
    *link = entry;
}

} // namespace

int request_resource(resource *root, resource *entry)
{
    if (!is_range_in(*root, *entry))
        return -EBUSY;
    resource **link = place_for(root, *entry);
    if (meets(*link, *entry))
        return -EBUSY;
    put_at(link, root, entry);
    return 0;
}

int insert_resource(resource *root, resource *entry)
{
    if (!is_range_in(*root, *entry))
        return -EBUSY;
    resource *parent = root;
    resource **link = place_for(parent, *entry);
    // An equal range goes inside the one that was there first.
    while (meets(*link, *entry) && holds(**link, *entry)) {
        parent = *link;
        link = place_for(parent, *entry);
    }

    resource *first_outside = *link;
    resource *last_inside = nullptr;
    while (meets(first_outside, *entry)) {
        if (!holds(*entry, *first_outside))
            return -EBUSY;
        last_inside = first_outside;
        first_outside = first_outside->sibling;
    }

    resource *first_inside = last_inside ? *link : nullptr;
    entry->parent = parent;
    entry->child = first_inside;
    entry->sibling = first_outside;
    *link = entry;
    if (last_inside)
        last_inside->sibling = nullptr;
    for (resource *child = first_inside; child; child = child->sibling)
        child->parent = entry;
    return 0;
}

int release_resource(resource *entry)
{
    if (!entry->parent || entry->child)
        return -EINVAL;
    resource **link = &entry->parent->child;
    while (*link != entry)
        link = &(*link)->sibling;
    *link = entry->sibling;
    entry->parent = entry->sibling = nullptr;
    return 0;
}

void print_resources(const resource &root, const printer &out)
{
    // Depth first without recursion: down, else along, else up and along.
    int depth = 0;
    for (const resource *at = root.child; at;) {
        out.printf("%*s%08x-%08x : %s\n", depth * 2, "", at->start.raw(), at->end.raw(), at->name);
        if (at->child) {
            at = at->child;
            ++depth;
            continue;
        }
        while (!at->sibling && at->parent != &root) {
            at = at->parent;
            --depth;
        }
        at = at->sibling;
    }
}
