using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Server.Judging;

/// <summary>
/// <c>POST /v1/judge</c> and <c>POST /v1/rank</c>: the objects of <c>rrm judge --json</c> and <c>rrm rank --json</c>, whole or as events. A
/// client that goes away ends its judging. <c>GET /v1/judge</c> says which judge it is.
/// </summary>
internal sealed class JudgeRoutes(JudgingContext context)
{
    private readonly Ranker _ranker = new(context.Decides, context.Ranking, context.Time);
    private readonly Lazy<JudgeFingerprint> _fingerprint = RewardJudge.Of(context.Judge, context.Decides).Fingerprint;

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, JudgingContext context)
    {
        JudgeRoutes judging = new(context);
        routes.MapGet("/v1/judge", judging.DescribeAsync);
        routes.MapPost("/v1/judge", judging.JudgeAsync);
        routes.MapPost("/v1/rank", judging.RankAsync);
    }

    private async Task DescribeAsync(HttpContext http)
    {
        // A large folder's identity is read when it is first asked for.
        JudgeFingerprint fingerprint = await Task.Run(() => _fingerprint.Value, http.RequestAborted);
        await JsonAnswer.WriteAsync(
            http,
            json =>
            {
                json.WriteStartObject();
                json.WritePropertyName("judge");
                JsonSerializer.Serialize(json, fingerprint, RewardJson.Wire.JudgeFingerprint);
                json.WritePropertyName("domain");
                if (context.Judge.Domain is { } domain)
                {
                    json.WriteStartObject();
                    json.WriteString("query", domain.QueryPattern);
                    json.WriteString("response", domain.ResponsePattern);
                    json.WriteString("says", domain.Says);
                    json.WriteEndObject();
                }
                else
                {
                    json.WriteNullValue();
                }

                json.WriteEndObject();
            }
        );
    }

    private async Task JudgeAsync(HttpContext http)
    {
        using IDisposable place = context.Enter(http);
        JudgeRequest request = await JudgeRequest.ReadAsync(http, context);
        Comparison comparison = request.Comparison();
        using Deadline deadline = new(http, request.Deadline, context.Time);
        if (request.Streams && context.Judge.Reasoning is { } reasoning)
        {
            await new EventStream(http).RunAsync(events => StreamAsync(events, reasoning, comparison, request.WithReasoning, deadline));
            return;
        }

        Judgment judgment = await deadline.RunAsync(token => context.Decides.JudgeAsync(comparison, token));
        if (request.Streams)
        {
            await new EventStream(http).RunAsync(events => EndAsync(events, judgment, request.WithReasoning, deadline.Token));
            return;
        }

        await JsonAnswer.WriteAsync(http, json => JudgmentJson.Write(json, judgment, request.WithReasoning));
    }

    private async Task StreamAsync(EventStream events, ReasoningJudge judge, Comparison comparison, bool withReasoning, Deadline deadline)
    {
        Judgment? judgment = await deadline.RunAsync(async token =>
        {
            Judgment? last = null;
            await foreach (JudgmentEvent happened in judge.JudgeStreamingAsync(comparison, token))
            {
                last = happened.Judgment;
                if (last is null)
                {
                    JudgeEvents.Write(events, happened, withReasoning);
                    await events.FlushAsync(token);
                }
            }

            return last;
        });
        if (judgment is not null)
        {
            context.OnJudged(comparison, judgment);
            await EndAsync(events, judgment, withReasoning, deadline.Token);
        }
    }

    private static Task EndAsync(EventStream events, Judgment judgment, bool withReasoning, CancellationToken cancellationToken)
    {
        events.Write("judgment", json => JudgmentJson.Write(json, judgment, withReasoning));
        return events.FlushAsync(cancellationToken);
    }

    private async Task RankAsync(HttpContext http)
    {
        using IDisposable place = context.Enter(http);
        JudgeRequest request = await JudgeRequest.ReadAsync(http, context);
        (string query, IReadOnlyList<string> responses) = request.Candidates(context.MaxResponses);
        using Deadline deadline = new(http, request.Deadline, context.Time);
        if (!request.Streams)
        {
            Ranking ranking = await RankAsync(query, responses, null, deadline);
            await JsonAnswer.WriteAsync(http, json => RankingJson.Write(json, ranking));
            return;
        }

        await new EventStream(http).RunAsync(async events =>
        {
            Channel<RankingProgress> matches = Channel.CreateUnbounded<RankingProgress>(new() { SingleReader = true });
            Task<Ranking> work = RankAllAsync(matches.Writer);
            await foreach (RankingProgress progress in matches.Reader.ReadAllAsync(CancellationToken.None))
            {
                JudgeEvents.Write(events, progress);
                await events.FlushAsync(CancellationToken.None);
            }

            Ranking ranking = await work;
            events.Write("ranking", json => RankingJson.Write(json, ranking));
            await events.FlushAsync(http.RequestAborted);
        });

        async Task<Ranking> RankAllAsync(ChannelWriter<RankingProgress> matches)
        {
            try
            {
                return await RankAsync(query, responses, new Told(matches), deadline);
            }
            finally
            {
                matches.Complete();
            }
        }
    }

    /// <summary>The ranking; at the deadline that of the matches so far, where there are any.</summary>
    private async Task<Ranking> RankAsync(
        string query,
        IReadOnlyList<string> responses,
        IProgress<RankingProgress>? progress,
        Deadline deadline
    )
    {
        try
        {
            return await deadline.RunAsync(token => _ranker.RankAsync(query, responses, progress, token));
        }
        catch (RankingCancelledException cancelled) when (deadline.HasPassed && cancelled.Ranking is { Matches.Count: > 0 } soFar)
        {
            return soFar;
        }
    }

    /// <summary>Passes progress on at once, in the order in which it is reported; <see cref="Progress{T}"/> would post it.</summary>
    private sealed class Told(ChannelWriter<RankingProgress> matches) : IProgress<RankingProgress>
    {
        public void Report(RankingProgress value) => matches.TryWrite(value);
    }
}
