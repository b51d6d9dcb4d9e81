using RewardReasoning.Models.Kernels;
using Xunit;

namespace RewardReasoning.Models.Tests.Kernels;

public sealed class WorkTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void For_ManyLoops_ComputesEachPartOnce(int threads)
    {
        using WorkTeam team = new(threads);
        foreach (int parts in Enumerable.Range(0, 200).Select(loop => loop % 40))
        {
            int[] computed = new int[parts];

            team.For(
                parts,
                (thread, part) =>
                {
                    Assert.InRange(thread, 0, threads - 1);
                    Interlocked.Increment(ref computed[part]);
                }
            );

            Assert.All(computed, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public async Task For_HelpersAsleep_WakesThem()
    {
        using WorkTeam team = new(2);
        await Task.Delay(50, TestContext.Current.CancellationToken); // far beyond their patience
        using Barrier together = new(2);

        // Each part waits for the other: one thread alone would never end.
        team.For(2, (_, _) => Assert.True(together.SignalAndWait(TimeSpan.FromMinutes(1))));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void For_PartFails_ThrowsItsErrorAndServesTheNextLoop(int threads)
    {
        using WorkTeam team = new(threads);

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() =>
            team.For(8, (_, part) => throw new InvalidOperationException("part failed"))
        );
        int sum = 0;
        team.For(8, (_, part) => Interlocked.Add(ref sum, part));

        Assert.Equal("part failed", error.Message);
        Assert.Equal(28, sum);
    }
}
