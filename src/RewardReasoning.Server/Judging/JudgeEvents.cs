using System.Text.Json;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Judging;

/// <summary>What happens in a judgment or a ranking, as events (docs/serving.md lists them).</summary>
internal static class JudgeEvents
{
    public static void Write(EventStream events, JudgmentEvent happened, bool withReasoning)
    {
        switch (happened)
        {
            case { Kind: JudgmentEventKind.DrawStarted }:
                events.Write("draw", json => WriteDraw(json, happened));
                break;
            case { Kind: JudgmentEventKind.VoteFinished, FinishedVote: { } vote }:
                events.Write("vote", json => JudgmentJson.Write(json, vote, withReasoning));
                break;
            case { Kind: JudgmentEventKind.Reasoning or JudgmentEventKind.Answer } when withReasoning:
                events.Write(
                    happened.Kind == JudgmentEventKind.Reasoning ? "reasoning" : "answer",
                    json =>
                    {
                        json.WriteStartObject();
                        json.WriteNumber("vote", happened.Vote);
                        json.WriteString("text", happened.Text);
                        json.WriteEndObject();
                    }
                );
                break;
        }
    }

    public static void Write(EventStream events, RankingProgress progress) =>
        events.Write(
            "match",
            json =>
            {
                json.WriteStartObject();
                json.WriteNumber("played", progress.Played);
                if (progress.Planned is { } planned)
                {
                    json.WriteNumber("planned", planned);
                }
                else
                {
                    json.WriteNull("planned");
                }

                json.WritePropertyName("match");
                RankingJson.Write(json, progress.Match);
                json.WriteEndObject();
            }
        );

    private static void WriteDraw(Utf8JsonWriter json, JudgmentEvent happened)
    {
        json.WriteStartObject();
        json.WriteNumber("vote", happened.Vote);
        json.WriteString("order", happened.Order == ShownOrder.Given ? "given" : "swapped");
        json.WriteNumber("seed", happened.Seed);
        json.WriteNumber("redraw", happened.Redraw);
        json.WriteEndObject();
    }
}
