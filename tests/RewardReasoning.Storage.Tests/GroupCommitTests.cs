using Xunit;

namespace RewardReasoning.Storage.Tests;

public sealed class GroupCommitTests
{
    [Fact]
    public async Task Add_WhileWorkIsUnderWay_SharesTheNextPiece()
    {
        TaskCompletionSource first = new();
        List<int[]> pieces = [];
        using GroupCommit<int, int> commits = new(
            4,
            async items =>
            {
                pieces.Add([.. items]);
                await first.Task;
                return [.. items.Select(item => item * 10)];
            }
        );
        Task<int> one = commits.AddAsync(1);
        while (pieces.Count == 0)
        {
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }

        Task<int[]> rest = Task.WhenAll(Enumerable.Range(2, 5).Select(commits.AddAsync));
        first.SetResult();
        Assert.Equal(10, await one);
        int[] results = await rest;
        Assert.Equal([20, 30, 40, 50, 60], results);
        Assert.Equal(
            [
                [1],
                [2, 3, 4, 5],
                [6],
            ],
            pieces
        );
    }

    [Fact]
    public async Task Add_WorkThatFails_FailsForItsItemsAlone()
    {
        using GroupCommit<int, int> commits = new(
            1,
            items => items[0] == 2 ? throw new IOException("no") : Task.FromResult<IReadOnlyList<int>>([items[0]])
        );
        Task<int>[] tasks = [.. Enumerable.Range(1, 3).Select(commits.AddAsync)];
        Assert.Equal((1, 3), (await tasks[0], await tasks[2]));
        await Assert.ThrowsAsync<IOException>(() => tasks[1]);
    }

    [Fact]
    public async Task Dispose_DoesWhatWasTaken()
    {
        GroupCommit<int, int> commits = new(
            2,
            async items =>
            {
                await Task.Delay(10);
                return [.. items];
            }
        );
        Task<int>[] tasks = [.. Enumerable.Range(0, 9).Select(commits.AddAsync)];
        commits.Dispose();
        Assert.All(tasks, task => Assert.True(task.IsCompletedSuccessfully));
        Assert.Equal(Enumerable.Range(0, 9), await Task.WhenAll(tasks));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => commits.AddAsync(1));
    }
}
