using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tests.Checkpoints;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Decoder;

/// <summary>Whatever is done to a cache, the next token must see what it would see without one.</summary>
public sealed class KvTensorsTests : IDisposable
{
    private const double Tolerance = 1e-4;

    private readonly DecoderModel _model = DecoderModel.CreateRandom(TinyModels.Get("qwen3-yarn"), seed: 9, CPU);
    private readonly KvTensors _cache;
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly IDisposable _noGrad = no_grad();

    public KvTensorsTests()
    {
        set_num_threads(1);
        _cache = new KvTensors(_model.Config, capacity: 2);
    }

    public void Dispose()
    {
        _noGrad.Dispose();
        _scope.Dispose();
        _cache.Dispose();
        _model.Dispose();
    }

    [Fact]
    public void HiddenCached_InChunksAndSteps_IsHidden()
    {
        long[,] ids =
        {
            { 5, 6, 7, 8, 9, 10, 11 },
            { 12, 13, 14, 15, 16, 17, 18 },
        };
        Tensor all = tensor(ids),
            expected = _model.Hidden(all);
        List<Tensor> parts = [];
        long at = 0;
        foreach (long count in new long[] { 3, 2, 1, 1 })
        {
            Tensor positions = arange(at, at + count, dtype: ScalarType.Int64).unsqueeze(0).expand(2, count);
            parts.Add(_model.HiddenCached(all.narrow(1, at, count), positions, keyMask: null, _cache));
            at += count;
        }

        Assert.Equal(7, _cache.Length);
        Assert.Equal(2, _cache.Rows);
        Assert.True(ParityFolder.LargestDifference(expected, cat(parts, 1)) < Tolerance);
    }

    [Fact]
    public void Select_RepeatedAndReorderedRows_ContinueTheirOwnPrompt()
    {
        Prefill(
            _cache,
            [
                [5, 6, 7],
                [8, 9, 10],
            ]
        );

        _cache.Select(tensor(new long[] { 1, 0, 1 }));

        AssertNext(
            _cache,
            [
                [8, 9, 10, 20],
                [5, 6, 7, 21],
                [8, 9, 10, 22],
            ]
        );
    }

    [Fact]
    public void Truncate_ThenOtherTokens_ForgetsTheOldOnes()
    {
        Prefill(
            _cache,
            [
                [5, 6, 7, 8, 9],
            ]
        );

        _cache.Truncate(2);

        AssertNext(
            _cache,
            [
                [5, 6, 20],
            ]
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => _cache.Truncate(4));
    }

    [Fact]
    public void Join_LongerAndShorter_PadsTheShorterOnTheLeft()
    {
        using KvTensors other = new(_model.Config);
        Prefill(
            _cache,
            [
                [5, 6],
            ]
        );
        Prefill(
            other,
            [
                [8, 9, 10, 11],
                [12, 13, 14, 15],
            ]
        );

        _cache.Join(other);

        Assert.Equal(3, _cache.Rows);
        AssertNext(
            _cache,
            [
                [5, 6, 20],
                [8, 9, 10, 11, 21],
                [12, 13, 14, 15, 22],
            ]
        );
    }

    [Fact]
    public void DropLeading_PaddingOfALongerRowThatLeft_ChangesNothing()
    {
        using KvTensors other = new(_model.Config);
        Prefill(
            _cache,
            [
                [8, 9, 10, 11],
            ]
        );
        Prefill(
            other,
            [
                [5, 6],
                [7, 12],
            ]
        );
        _cache.Join(other);
        _cache.Select(tensor(new long[] { 2, 1 }));

        _cache.DropLeading(2);

        Assert.Equal(2, _cache.Length);
        AssertNext(
            _cache,
            [
                [7, 12, 20],
                [5, 6, 21],
            ]
        );
    }

    [Fact]
    public void Overwrite_ShorterRows_TakeThePlaceOfOthers()
    {
        using KvTensors other = new(_model.Config);
        Prefill(
            _cache,
            [
                [5, 6, 7, 8],
                [9, 10, 11, 12],
                [13, 14, 15, 16],
            ]
        );
        Prefill(
            other,
            [
                [17, 18],
                [19, 4],
            ]
        );

        _cache.Overwrite(tensor(new long[] { 2, 0 }), other);

        AssertNext(
            _cache,
            [
                [19, 4, 20],
                [9, 10, 11, 12, 21],
                [17, 18, 22],
            ]
        );
    }

    [Fact]
    public void Overwrite_LongerOrUncountedRows_AreRefused()
    {
        using KvTensors other = new(_model.Config);
        Prefill(
            _cache,
            [
                [5, 6],
            ]
        );
        Prefill(
            other,
            [
                [7, 8, 9],
            ]
        );

        Assert.Throws<ArgumentException>(() => _cache.Overwrite(tensor(new long[] { 0 }), other));
        other.Truncate(2);
        Assert.Throws<ArgumentException>(() => _cache.Overwrite(tensor(new long[] { 0, 0 }), other));
    }

    [Fact]
    public void CopyFirst_ThenChangingTheOriginal_GoesOnFromTheBeginning()
    {
        Prefill(
            _cache,
            [
                [5, 6, 7, 8],
                [9, 10, 11, 12],
            ]
        );

        using KvTensors copy = _cache.CopyFirst(2, capacity: 8);
        _cache.Truncate(1);
        AssertNext(
            _cache,
            [
                [5, 13],
                [9, 14],
            ]
        );

        Assert.Equal((2, 2), (copy.Length, copy.Rows));
        AssertNext(
            copy,
            [
                [5, 6, 20],
                [9, 10, 21],
            ]
        );
    }

    [Fact]
    public void LastHiddenCached_PaddedRowsInPieces_IsTheLastOfHiddenCached()
    {
        using KvTensors other = new(_model.Config);
        Tensor ids = tensor(
                new long[,]
                {
                    { 5, 6, 7, 8, 9 },
                    { 0, 0, 10, 11, 12 },
                }
            ),
            positions = tensor(
                new long[,]
                {
                    { 0, 1, 2, 3, 4 },
                    { 0, 0, 0, 1, 2 },
                }
            );
        Tensor real = tensor(new[] { true, true, true, true, true, false, false, true, true, true }).view(2, 5);
        foreach ((int at, int count) in new[] { (0, 3), (3, 2) })
        {
            Tensor mask = real.narrow(1, 0, at + count);
            Tensor whole = _model.HiddenCached(ids.narrow(1, at, count), positions.narrow(1, at, count), mask, _cache);
            Tensor last = _model.LastHiddenCached(ids.narrow(1, at, count), positions.narrow(1, at, count), mask, other);
            Assert.Equal([2, 1, _model.Config.HiddenSize], last.shape);
            Assert.True(ParityFolder.LargestDifference(whole.narrow(1, count - 1, 1), last) < Tolerance);
        }

        Assert.Equal(5, other.Length);
    }

    [Fact]
    public void Join_EmptyCache_IsRefused()
    {
        using KvTensors other = new(_model.Config);

        Assert.Throws<InvalidOperationException>(() => _cache.Join(other));
    }

    [Fact]
    public void HiddenCached_WithGradientsOn_IsRefused()
    {
        using DecoderModel trained = _model.ShareWeights();
        using IDisposable gradients = enable_grad();

        Assert.Throws<InvalidOperationException>(() =>
            trained.HiddenCached(
                tensor(
                    new long[,]
                    {
                        { 5 },
                    }
                ),
                tensor(
                    new long[,]
                    {
                        { 0 },
                    }
                ),
                keyMask: null,
                _cache
            )
        );
    }

    [Fact]
    public void HiddenCached_MaskOrRowsThatDoNotFit_AreRefused()
    {
        Prefill(
            _cache,
            [
                [5, 6, 7],
            ]
        );
        Tensor one = tensor(
                new long[,]
                {
                    { 5 },
                }
            ),
            position = tensor(
                new long[,]
                {
                    { 3 },
                }
            );

        Assert.Contains(
            "need [1, 4]",
            Assert
                .Throws<ArgumentException>(() => _model.HiddenCached(one, position, ones([1, 3], dtype: ScalarType.Bool), _cache))
                .Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "holds 1 rows",
            Assert
                .Throws<ArgumentException>(() => _model.HiddenCached(cat([one, one], 0), cat([position, position], 0), null, _cache))
                .Message,
            StringComparison.Ordinal
        );
    }

    private void Prefill(KvTensors cache, long[][] prompts)
    {
        Tensor ids = stack(prompts.Select(prompt => tensor(prompt)), 0);
        _model.HiddenCached(ids, arange(ids.shape[1], dtype: ScalarType.Int64).unsqueeze(0).expand(ids.shape), keyMask: null, cache);
    }

    /// <summary>The last token of each row goes through the cache; the result is compared with the whole row without one.</summary>
    private void AssertNext(KvTensors cache, long[][] rows)
    {
        long keys = cache.Length + 1;
        Tensor ids = tensor(rows.Select(row => row[^1]).ToArray()).unsqueeze(1),
            positions = tensor(rows.Select(row => row.Length - 1L).ToArray()).unsqueeze(1);
        // The row's own tokens are on the right.
        Tensor keyMask = arange(keys, dtype: ScalarType.Int64).unsqueeze(0).ge(keys - 1 - positions);

        Tensor found = _model.HiddenCached(ids, positions, keyMask, cache);

        for (int i = 0; i < rows.Length; i++)
        {
            Tensor expected = _model.Hidden(tensor(rows[i]).unsqueeze(0))[0][-1];
            Assert.True(ParityFolder.LargestDifference(expected, found[i][0]) < Tolerance, $"row {i}");
        }
    }
}
