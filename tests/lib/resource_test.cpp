// The tree of physical ranges, as /proc/iomem would show it after each change.
#include <tests/test.h>

#include <kernel/core/resource.h>
#include <kernel/lib/errno.h>

namespace {

resource range(u32 start, u32 end, const char *name)
{
    return {phys_addr_t(start), phys_addr_t(end), name};
}

class Resource : public ::testing::Test {
protected:
    /// The tree below root as /proc/iomem would show it.
    const char *printed()
    {
        text.clear();
        print_resources(root, text.out());
        return text.c_str();
    }

    resource root = range(0, 0xffffffff, "root");
    resource ram = range(0x60000000, 0x9fffffff, "System RAM");
    resource code = range(0x60100000, 0x601fffff, "Kernel code");
    resource data = range(0x60300000, 0x603fffff, "Kernel data");
    resource uart = range(0x10009000, 0x10009fff, "uart");
    text_buffer<512> text;
};

} // namespace

TEST_F(Resource, PrintsLikeProcIomem)
{
    EXPECT_EQ(request_resource(&root, &ram), 0);
    EXPECT_EQ(request_resource(&root, &uart), 0);
    EXPECT_EQ(request_resource(&ram, &data), 0);
    EXPECT_EQ(request_resource(&ram, &code), 0);
    EXPECT_STREQ(printed(), "10009000-10009fff : uart\n"
                            "60000000-9fffffff : System RAM\n"
                            "  60100000-601fffff : Kernel code\n"
                            "  60300000-603fffff : Kernel data\n");
}

TEST_F(Resource, AnEmptyTreePrintsNothing)
{
    EXPECT_STREQ(printed(), "");
}

TEST_F(Resource, RequestRefusesOverlapsAndWhatLiesOutside)
{
    ASSERT_EQ(request_resource(&root, &ram), 0);
    EXPECT_EQ(request_resource(&root, &code), -EBUSY); // inside System RAM
    resource across = range(0x5ffff000, 0x60000000, "touches the first byte");
    EXPECT_EQ(request_resource(&root, &across), -EBUSY);
    resource behind = range(0x9fffffff, 0xa0000000, "touches the last byte");
    EXPECT_EQ(request_resource(&root, &behind), -EBUSY);
    EXPECT_EQ(request_resource(&ram, &uart), -EBUSY); // outside System RAM
    resource backwards = range(0x200, 0x100, "ends before it starts");
    EXPECT_EQ(request_resource(&root, &backwards), -EBUSY);
    EXPECT_STREQ(printed(), "60000000-9fffffff : System RAM\n");
}

TEST_F(Resource, NeighboursDoNotOverlap)
{
    ASSERT_EQ(request_resource(&root, &ram), 0);
    resource before = range(0x50000000, 0x5fffffff, "before");
    resource after = range(0xa0000000, 0xffffffff, "after");
    EXPECT_EQ(request_resource(&root, &before), 0);
    EXPECT_EQ(request_resource(&root, &after), 0);
}

TEST_F(Resource, InsertGoesDownToWhereItBelongs)
{
    ASSERT_EQ(insert_resource(&root, &ram), 0);
    ASSERT_EQ(insert_resource(&root, &code), 0);
    resource part = range(0x60180000, 0x6018ffff, "part of the code");
    ASSERT_EQ(insert_resource(&root, &part), 0);
    EXPECT_EQ(part.parent, &code);
    EXPECT_STREQ(printed(), "60000000-9fffffff : System RAM\n"
                            "  60100000-601fffff : Kernel code\n"
                            "    60180000-6018ffff : part of the code\n");
}

TEST_F(Resource, InsertTakesWhatItHoldsAsChildren)
{
    ASSERT_EQ(insert_resource(&root, &data), 0);
    ASSERT_EQ(insert_resource(&root, &code), 0);
    ASSERT_EQ(insert_resource(&root, &uart), 0);
    resource later = range(0xb0000000, 0xb0000fff, "later");
    ASSERT_EQ(insert_resource(&root, &later), 0);
    ASSERT_EQ(insert_resource(&root, &ram), 0);
    EXPECT_EQ(code.parent, &ram);
    EXPECT_EQ(data.parent, &ram);
    EXPECT_STREQ(printed(), "10009000-10009fff : uart\n"
                            "60000000-9fffffff : System RAM\n"
                            "  60100000-601fffff : Kernel code\n"
                            "  60300000-603fffff : Kernel data\n"
                            "b0000000-b0000fff : later\n");
}

TEST_F(Resource, InsertRefusesToCutAResourceInTwo)
{
    ASSERT_EQ(insert_resource(&root, &code), 0);
    ASSERT_EQ(insert_resource(&root, &data), 0);
    resource across = range(0x60180000, 0x602fffff, "half the code");
    EXPECT_EQ(insert_resource(&root, &across), -EBUSY);
    resource both = range(0x60100000, 0x6037ffff, "the code and half the data");
    EXPECT_EQ(insert_resource(&root, &both), -EBUSY);
    EXPECT_STREQ(printed(), "60100000-601fffff : Kernel code\n"
                            "60300000-603fffff : Kernel data\n");
}

TEST_F(Resource, AnEqualRangeGoesInside)
{
    ASSERT_EQ(insert_resource(&root, &ram), 0);
    resource same = range(0x60000000, 0x9fffffff, "again");
    EXPECT_EQ(insert_resource(&root, &same), 0);
    EXPECT_EQ(same.parent, &ram);
}

TEST_F(Resource, ReleaseTakesLeavesOnly)
{
    ASSERT_EQ(insert_resource(&root, &ram), 0);
    ASSERT_EQ(insert_resource(&root, &code), 0);
    ASSERT_EQ(insert_resource(&root, &data), 0);
    EXPECT_EQ(release_resource(&ram), -EINVAL);
    EXPECT_EQ(release_resource(&uart), -EINVAL); // is in no tree
    EXPECT_EQ(release_resource(&data), 0);
    EXPECT_EQ(release_resource(&data), -EINVAL);
    EXPECT_EQ(release_resource(&code), 0);
    EXPECT_EQ(release_resource(&ram), 0);
    EXPECT_STREQ(printed(), "");
}
