using System.CommandLine;
using Microsoft.Extensions.AI;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Building;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Models;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm data build</c>: labelled pairs for training a judge, by a recipe.</summary>
internal sealed class DataBuildCommand
{
    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly Argument<string> _recipe = new("RECIPE")
    {
        Description = "JSON file that describes the sources of the pairs (docs/data.md).",
    };
    private readonly Option<string> _out = new("--out")
    {
        Description = "Folder for the pairs and their manifest.",
        HelpName = "FOLDER",
        Required = true,
    };
    private readonly Option<bool> _check = new("--check") { Description = "Only check the recipe, and report all its faults." };
    private readonly Option<bool> _json = new("--json") { Description = "Print the manifest to standard output." };

    private DataBuildCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        DataBuildCommand build = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "build",
            "Build labelled pairs for training a judge: from verified outputs, sampled ones, annotated pairs and preference sets "
                + "(docs/data.md).",
            """
            rrm data build recipes/pairs/mmlu-pro.json --out runs/pairs
            rrm data build recipe.json --out runs/pairs --check
            rrm data build recipe.json --out runs/pairs --votes 5 --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B
            """
        );
        command.Arguments.Add(build._recipe);
        foreach (Option option in new Option[] { build._out, build._check, build._json })
        {
            command.Options.Add(option);
        }

        build._judging.AddTo(command, withCalibration: false);
        build._model.AddTo(command);
        command.SetAction(build.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string path = parsed.GetRequiredValue(_recipe);
        (BuildRecipe recipe, string recipeHash) = BuildRecipe.Load(path, await HubRecipe.TextAsync(path, _terminal, cancellationToken));
        if (parsed.GetValue(_check))
        {
            _terminal.Error.WriteLine(
                $"rrm: the recipe has no fault; it has {recipe.Sources.Count} {(recipe.Sources.Count == 1 ? "source" : "sources")}."
            );
            return ExitCodes.Done;
        }

        BuildTools tools = new()
        {
            OpenModel = (model, stop) => OpenAsync(parsed, model, stop),
            Complain = (place, fault) => _terminal.WriteStatus($"rrm: {place}: {fault}"),
        };
        OpenedJudge? judge = null;
        try
        {
            if (recipe.Sources.Any(source => source is AnnotatedSource))
            {
                ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
                JudgeOptions options = _judging.Read(parsed, source);
                judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
                tools = tools with { Judge = judge.Judge, JudgeIdentity = judge.Identity, Concurrency = judge.Concurrency };
            }

            return Report(
                parsed,
                await new PairBuilder(recipe, recipeHash, tools, _time).BuildAsync(parsed.GetRequiredValue(_out), cancellationToken)
            );
        }
        finally
        {
            judge?.Dispose();
        }
    }

    private Task<IChatClient> OpenAsync(ParseResult parsed, SampledModel model, CancellationToken cancellationToken)
    {
        ModelSource source = model.Endpoint is { } url
            ? new EndpointSource(
                new EndpointOptions
                {
                    Url = url,
                    Model = model.Model,
                    ApiKeyVariable = model.ApiKeyEnv,
                },
                null,
                new JudgeFiles()
            )
            : FolderArguments.SourceOf(model.Model, new LocalModelOptions { HashFolder = FolderArguments.HashFolderOf(_terminal) });
        return _judging.OpenAsync(parsed, source, _terminal, cancellationToken);
    }

    private int Report(ParseResult parsed, BuildManifest manifest)
    {
        string[][] table =
        [
            ["source", "rows", "faulty", "both", "of benchmarks", "duplicates", "pairs", "train", "held out"],
            .. manifest.Sources.Select(source =>
                new[]
                {
                    source.Name,
                    $"{source.Counts.Rows}",
                    $"{source.Counts.FaultyRows + source.Counts.Missing}",
                    $"{source.Counts.QueriesWithBoth}",
                    $"{source.Counts.Contaminated.Values.Sum()}",
                    $"{source.Counts.Duplicates}",
                    $"{source.Counts.Pairs}",
                    $"{source.Train}",
                    $"{source.HeldOut}",
                }
            ),
        ];
        foreach (string line in TextTable.Lines(table))
        {
            _terminal.Error.WriteLine(line);
        }

        foreach (OutputManifest output in manifest.Outputs)
        {
            _terminal.Error.WriteLine(
                $"{output.File.Path}: {output.Rows} pairs; the better response is first in {output.BetterFirst}, is longer in "
                    + $"{output.BetterLonger} and shorter in {output.BetterShorter}"
            );
        }

        if (parsed.GetValue(_json))
        {
            _terminal.Out.Write(manifest.ToJson());
        }

        return manifest.Sources.Any(source => source.Counts.FaultyRows + source.Counts.Missing > 0)
            ? ExitCodes.SomeMissing
            : ExitCodes.Done;
    }
}
