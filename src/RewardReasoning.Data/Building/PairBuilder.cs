using System.Text.Json;
using RewardReasoning.Data.Rows;
using RewardReasoning.IO;

namespace RewardReasoning.Data.Building;

/// <summary>
/// Builds a data set of labelled pairs by a <see cref="BuildRecipe"/>. Every source is read once, as a stream, into a file of its own; then
/// these are mixed. Memory holds 16 bytes for each pair (to know it again), the n-grams of the benchmarks, and one row of each file.
/// </summary>
internal sealed class PairBuilder(BuildRecipe recipe, string recipeHash, BuildTools tools, TimeProvider time)
{
    private const string Parts = ".parts";
    private readonly HashSet<UInt128> _seen = [];

    /// <summary>
    /// Builds into a folder: <c>train</c> and <c>heldout</c> with the recipe's ending, and <c>manifest.json</c>, which is written last.
    /// </summary>
    /// <exception cref="InvalidDataException">A source gave no pair, so there is nothing to mix.</exception>
    public async Task<BuildManifest> BuildAsync(string folder, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        string parts = Path.Combine(folder, Parts);
        Directory.CreateDirectory(parts);
        try
        {
            (Decontaminator? check, IReadOnlyList<BenchmarkManifest> benchmarks) = recipe.Decontaminate is { } decontaminate
                ? await Decontaminator.LoadAsync(decontaminate, tools.Complain, cancellationToken).ConfigureAwait(false)
                : (null, []);
            List<SourceManifest> sources = [];
            for (int i = 0; i < recipe.Sources.Count; i++)
            {
                sources.Add(
                    await ReadSourceAsync(recipe.Sources[i], check, PartOf(parts, i, false), PartOf(parts, i, true), cancellationToken)
                        .ConfigureAwait(false)
                );
            }

            if (sources.FirstOrDefault(source => source.Counts.Pairs == source.Counts.HeldOutPairs) is { } empty)
            {
                throw new InvalidDataException(
                    $"The source '{empty.Name}' gave no pair to train on ({empty.Counts.Rows} rows, {empty.Counts.QueriesWithBoth} "
                        + "queries with both a better and a worse response); see its counts with rrm data inspect, or leave it out."
                );
            }

            List<OutputManifest> outputs = [];
            foreach (bool heldOut in recipe.HeldOut > 0 ? new[] { false, true } : [false])
            {
                long[] counts =
                [
                    .. sources.Select(source => heldOut ? source.Counts.HeldOutPairs : source.Counts.Pairs - source.Counts.HeldOutPairs),
                ];
                long[] takes = heldOut ? counts : Mixture.Take(counts, [.. sources.Select(source => source.Weight)]);
                outputs.Add(await MixAsync(folder, parts, heldOut, counts, takes, cancellationToken).ConfigureAwait(false));
                sources =
                [
                    .. sources.Select((source, i) => heldOut ? source with { HeldOut = takes[i] } : source with { Train = takes[i] }),
                ];
            }

            BuildManifest manifest = new()
            {
                Recipe = recipeHash,
                Seed = recipe.Seed,
                Judge = tools.JudgeIdentity,
                Sources = sources,
                Benchmarks = benchmarks,
                Outputs = outputs,
            };
            await AtomicFile
                .WriteAllTextAsync(Path.Combine(folder, "manifest.json"), manifest.ToJson(), cancellationToken)
                .ConfigureAwait(false);
            return manifest;
        }
        finally
        {
            Directory.Delete(parts, recursive: true);
        }
    }

    private static string PartOf(string parts, int source, bool heldOut) =>
        Path.Combine(parts, $"{source}{(heldOut ? "-heldout" : "")}.jsonl");

    private SeededRandom RandomOf(string purpose) => new((ulong)NormalText.Hash(FormattableString.Invariant($"{recipe.Seed} {purpose}")));

    private async Task<SourceManifest> ReadSourceAsync(
        BuildSource source,
        Decontaminator? check,
        string trainPart,
        string heldOutPart,
        CancellationToken cancellationToken
    )
    {
        SourceCounts counts = new();
        GradedSources graded = new(source, recipe, tools, counts);
        PairChooser chooser = new(source.PairsPerQuery, recipe.BalanceLength, RandomOf($"pairs of {source.Name}"));
        RowFileWriter train = await RowFileWriter.CreateAsync(trainPart, null, time, cancellationToken).ConfigureAwait(false);
        await using (train.ConfigureAwait(false))
        {
            RowFileWriter heldOut = await RowFileWriter.CreateAsync(heldOutPart, null, time, cancellationToken).ConfigureAwait(false);
            await using (heldOut.ConfigureAwait(false))
            {
                await foreach (GradedQuery query in graded.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    counts.Right += query.Right.Count;
                    counts.Wrong += query.Wrong.Count;
                    if (query.Right.Count == 0 || query.Wrong.Count == 0)
                    {
                        continue;
                    }

                    counts.QueriesWithBoth++;
                    string text = query.Query.Text;
                    if (check?.Find(text) is { } benchmark)
                    {
                        counts.Contaminated[benchmark] = counts.Contaminated.GetValueOrDefault(benchmark) + 1;
                        continue;
                    }

                    string normal = NormalText.Of(text);
                    bool isHeldOut = IsHeldOut(normal);
                    foreach ((string better, string worse) in chooser.Choose(query).Where(pair => IsNew(normal, pair, counts)))
                    {
                        counts.Pairs++;
                        counts.HeldOutPairs += isHeldOut ? 1 : 0;
                        await (isHeldOut ? heldOut : train)
                            .WriteAsync(json => WritePart(json, text, better, worse), cancellationToken)
                            .ConfigureAwait(false);
                    }
                }

                heldOut.Complete();
                train.Complete();
            }
        }

        IReadOnlyList<BuildFile> files = await BuildFile.OfAsync(source.FilesOf(), cancellationToken).ConfigureAwait(false);
        return new SourceManifest(source.Name, source.KindOf(), source.Licence, source.Weight, files, graded.Models, counts, 0, 0);
    }

    /// <summary>All pairs of one query fall to one part, whatever source they are of.</summary>
    private bool IsHeldOut(string normalQuery) => RandomOf($"part of {normalQuery}").NextUnit() < recipe.HeldOut;

    private bool IsNew(string normalQuery, (string Better, string Worse) pair, SourceCounts counts)
    {
        string[] responses = [NormalText.Of(pair.Better), NormalText.Of(pair.Worse)];
        Array.Sort(responses, StringComparer.Ordinal);
        bool isNew = _seen.Add(NormalText.Hash($"{normalQuery}\n{responses[0]}\n{responses[1]}"));
        counts.Duplicates += isNew ? 0 : 1;
        return isNew;
    }

    private static void WritePart(Utf8JsonWriter json, string query, string better, string worse)
    {
        json.WriteStartObject();
        json.WriteString("query", query);
        json.WriteString("chosen", better);
        json.WriteString("rejected", worse);
        json.WriteEndObject();
    }

    private async Task<OutputManifest> MixAsync(
        string folder,
        string parts,
        bool heldOut,
        long[] counts,
        long[] takes,
        CancellationToken cancellationToken
    )
    {
        string path = Path.Combine(folder, $"{(heldOut ? "heldout" : "train")}.{recipe.Format}");
        RowColumns columns = RowColumns
            .None.WithText("query")
            .WithText("response_1")
            .WithText("response_2")
            .WithInteger("label")
            .WithText("source");
        PositionDraw position = new(recipe.BalancePosition, RandomOf($"positions of {Path.GetFileName(path)}"));
        long[] lengths = new long[3];
        List<IAsyncEnumerator<DataRow>> rows =
        [
            .. counts.Select(
                (count, i) =>
                    Taken(PartOf(parts, i, heldOut), count, takes[i], $"{heldOut} {recipe.Sources[i].Name}")
                        .GetAsyncEnumerator(cancellationToken)
            ),
        ];
        try
        {
            RowFileWriter writer = await RowFileWriter.CreateAsync(path, columns, time, cancellationToken).ConfigureAwait(false);
            await using (writer.ConfigureAwait(false))
            {
                foreach (int source in Mixture.Order(takes))
                {
                    await rows[source].MoveNextAsync().ConfigureAwait(false);
                    DataRow row = rows[source].Current;
                    string better = row.Field("chosen") ?? "";
                    string worse = row.Field("rejected") ?? "";
                    lengths[Math.Sign(better.Length - worse.Length) + 1]++;
                    bool betterFirst = position.Next();
                    await writer
                        .WriteAsync(json => Write(json, row, better, worse, betterFirst, recipe.Sources[source].Name), cancellationToken)
                        .ConfigureAwait(false);
                }

                writer.Complete();
            }
        }
        finally
        {
            foreach (IAsyncEnumerator<DataRow> one in rows)
            {
                await one.DisposeAsync().ConfigureAwait(false);
            }
        }

        BuildFile file = await BuildFile.OfAsync(path, Path.GetFileName(path), cancellationToken).ConfigureAwait(false);
        return new OutputManifest(file, takes.Sum(), position.First, lengths[2], lengths[0]);
    }

    private async IAsyncEnumerable<DataRow> Taken(string part, long count, long take, string purpose)
    {
        using IEnumerator<bool> marks = Mixture.Sample(count, take, RandomOf($"sample of {purpose}")).GetEnumerator();
        await foreach (DataRow row in RowReader.ReadAsync(part).ConfigureAwait(false))
        {
            if (marks.MoveNext() && marks.Current)
            {
                yield return row;
            }
        }
    }

    private static void Write(Utf8JsonWriter json, DataRow row, string better, string worse, bool betterFirst, string source)
    {
        json.WriteStartObject();
        json.WriteString("query", row.Field("query"));
        json.WriteString("response_1", betterFirst ? better : worse);
        json.WriteString("response_2", betterFirst ? worse : better);
        json.WriteNumber("label", betterFirst ? 1 : 2);
        json.WriteString("source", source);
        json.WriteEndObject();
    }

    /// <summary>Which place the better response gets: of every two rows one each, in an order that a coin decides.</summary>
    private sealed class PositionDraw(bool balanced, SeededRandom random)
    {
        private bool? _other;

        /// <summary>Rows whose better response is first.</summary>
        public long First { get; private set; }

        public bool Next()
        {
            bool first = !balanced || (_other ?? random.Chance(0.5));
            _other = _other is null ? !first : null;
            First += first ? 1 : 0;
            return first;
        }
    }
}
