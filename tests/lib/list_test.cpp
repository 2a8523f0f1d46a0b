// Lists that are used rightly; lib/lock_test.cpp has those that are damaged.
#include <tests/test.h>

#include <kernel/lib/list.h>

namespace {

struct item {
    explicit item(int n) : number(n) {}
    int number;
    list_head node = LIST_HEAD_INIT(node);
    list_head other = LIST_HEAD_INIT(other);
};

/// The numbers in the list as decimal digits: 1 then 2 is 12. The same backwards must agree.
int digits(list_head &head)
{
    int forwards = 0;
    for (item &each : list_entries<&item::node>(head))
        forwards = forwards * 10 + each.number;
    int backwards = 0;
    int place = 1;
    for (list_head *at = head.prev; at != &head; at = at->prev, place *= 10)
        backwards += list_entry<&item::node>(at)->number * place;
    EXPECT_EQ(forwards, backwards);
    return forwards;
}

class List : public ::testing::Test {
protected:
    list_head head = LIST_HEAD_INIT(head);
    item a{1}, b{2}, c{3};
};

} // namespace

TEST_F(List, IsEmptyAtFirst)
{
    EXPECT_TRUE(list_empty(&head));
    EXPECT_FALSE(list_is_singular(&head));
    EXPECT_EQ(digits(head), 0);
}

TEST_F(List, AddsAtBothEnds)
{
    list_add(&b.node, &head);
    EXPECT_TRUE(list_is_singular(&head));
    list_add(&a.node, &head);
    list_add_tail(&c.node, &head);
    EXPECT_EQ(digits(head), 123);
    EXPECT_EQ((list_first_entry<&item::node>(&head)), &a);
    EXPECT_EQ((list_last_entry<&item::node>(&head)), &c);
    EXPECT_FALSE(list_is_singular(&head));
}

TEST_F(List, FindsTheOwnerOfAnyMember)
{
    EXPECT_EQ(list_entry<&item::node>(&a.node), &a);
    EXPECT_EQ(list_entry<&item::other>(&a.other), &a);
}

TEST_F(List, DeletesInTheMiddleAndPoisons)
{
    list_add_tail(&a.node, &head);
    list_add_tail(&b.node, &head);
    list_add_tail(&c.node, &head);
    list_del(&b.node);
    EXPECT_EQ(digits(head), 13);
    EXPECT_EQ(b.node.next, list_poison_next());
    EXPECT_EQ(b.node.prev, list_poison_prev());
}

TEST_F(List, DelInitLeavesAnEmptyList)
{
    list_add(&a.node, &head);
    list_del_init(&a.node);
    EXPECT_TRUE(list_empty(&a.node));
    EXPECT_TRUE(list_empty(&head));
}

TEST_F(List, MovesBetweenLists)
{
    list_head second = LIST_HEAD_INIT(second);
    list_add_tail(&a.node, &head);
    list_add_tail(&b.node, &head);
    list_add_tail(&c.node, &second);
    list_move(&a.node, &second);
    EXPECT_EQ(digits(head), 2);
    EXPECT_EQ(digits(second), 13);
    list_move_tail(&b.node, &second);
    EXPECT_TRUE(list_empty(&head));
    EXPECT_EQ(digits(second), 132);
}

TEST_F(List, SplicesAWholeList)
{
    list_head second = LIST_HEAD_INIT(second);
    list_splice_init(&second, &head);
    EXPECT_TRUE(list_empty(&head));
    list_add_tail(&a.node, &second);
    list_add_tail(&b.node, &second);
    list_add_tail(&c.node, &head);
    list_splice_init(&second, &head);
    EXPECT_TRUE(list_empty(&second));
    EXPECT_EQ(digits(head), 123);
}

TEST_F(List, TheEntryAtHandMayBeRemovedWhileLooping)
{
    list_add_tail(&a.node, &head);
    list_add_tail(&b.node, &head);
    list_add_tail(&c.node, &head);
    for (item &each : list_entries<&item::node>(head)) {
        if (each.number != 2)
            list_del(&each.node);
    }
    EXPECT_EQ(digits(head), 2);
}
