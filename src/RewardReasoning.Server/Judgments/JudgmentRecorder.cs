using System.Buffers;
using System.Text.Json;
using RewardReasoning.Storage.Judgments;

namespace RewardReasoning.Server.Judgments;

/// <summary>
/// Records the judgments of a server for people who look at them later. Nobody waits for it, and where it fails or cannot keep up nothing
/// but the record is lost: the completions themselves are in the store. Safe to use from many threads.
/// </summary>
internal sealed class JudgmentRecorder(IJudgmentLog log, TimeProvider time, Action<string>? warn)
{
    private const int MostUnwritten = 10_000;

    private int _unwritten;
    private int _hasWarned;

    /// <summary>A judge that records what another one decides.</summary>
    public IJudge Around(IJudge judge) =>
        judge is IRepeatableJudge repeatable ? new RecordedRepeatableJudge(this, repeatable) : new RecordedJudge(this, judge);

    /// <summary>Records a judgment.</summary>
    /// <param name="comparison">What was judged.</param>
    /// <param name="judgment">What was decided.</param>
    /// <param name="repetition">How often it was judged before, with fresh chance.</param>
    public void Record(Comparison comparison, Judgment judgment, int repetition = 0)
    {
        if (Interlocked.Increment(ref _unwritten) > MostUnwritten)
        {
            Interlocked.Decrement(ref _unwritten);
            Warn("judgments come faster than they can be recorded, so some are not");
            return;
        }

        _ = WriteAsync(comparison, judgment, repetition);
    }

    /// <summary>How unsure a judgment is, in bits: the entropy of its preference, and 1 for a missing one.</summary>
    public static double UncertaintyOf(Judgment judgment) => judgment.Uncertainty ?? 1;

    private async Task WriteAsync(Comparison comparison, Judgment judgment, int repetition)
    {
        try
        {
            await log.AddAsync(
                TextHash.Of(
                    comparison.Query,
                    comparison.Response1,
                    comparison.Response2,
                    judgment.Model,
                    FormattableString.Invariant($"{repetition}")
                ),
                new()
                {
                    At = time.GetUtcNow(),
                    Query = comparison.Query,
                    Response1 = comparison.Response1,
                    Response2 = comparison.Response2,
                    Preferred = judgment.Preferred,
                    Uncertainty = UncertaintyOf(judgment),
                    Judgment = new(() => Json(judgment)),
                    Size = SizeOf(comparison, judgment),
                }
            );
        }
        catch (Exception failure) when (failure is RewardReasoningException or ObjectDisposedException)
        {
            Warn($"judgments could not be recorded: {failure.Message}");
        }
        finally
        {
            Interlocked.Decrement(ref _unwritten);
        }
    }

    private void Warn(string what)
    {
        if (Interlocked.Exchange(ref _hasWarned, 1) == 0)
        {
            warn?.Invoke(what);
        }
    }

    /// <summary>The texts make nearly all of it.</summary>
    private static long SizeOf(Comparison comparison, Judgment judgment)
    {
        long characters = comparison.Query.Length + comparison.Response1.Length + comparison.Response2.Length;
        foreach (Vote vote in judgment.Votes)
        {
            characters += vote.Reasoning.Length + vote.Answer.Length;
        }

        return sizeof(char) * characters;
    }

    private static byte[] Json(Judgment judgment)
    {
        ArrayBufferWriter<byte> written = new();
        using (Utf8JsonWriter json = new(written))
        {
            JudgmentJson.Write(json, judgment);
        }

        return written.WrittenSpan.ToArray();
    }

    private async Task<Judgment> RecordedAsync(Comparison comparison, Task<Judgment> judging, int repetition = 0)
    {
        Judgment judgment = await judging;
        Record(comparison, judgment, repetition);
        return judgment;
    }

    private sealed class RecordedJudge(JudgmentRecorder recorder, IJudge judge) : IJudge
    {
        public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
            recorder.RecordedAsync(comparison, judge.JudgeAsync(comparison, cancellationToken));
    }

    private sealed class RecordedRepeatableJudge(JudgmentRecorder recorder, IRepeatableJudge judge) : IRepeatableJudge
    {
        public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
            recorder.RecordedAsync(comparison, judge.JudgeAsync(comparison, cancellationToken));

        public Task<Judgment> JudgeAsync(Comparison comparison, int repetition, CancellationToken cancellationToken = default) =>
            recorder.RecordedAsync(comparison, judge.JudgeAsync(comparison, repetition, cancellationToken), repetition);
    }
}
