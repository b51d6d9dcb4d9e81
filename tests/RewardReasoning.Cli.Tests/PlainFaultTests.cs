using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Tests;

/// <summary>Common slips get a sentence in the user's own words, and no text of the platform's.</summary>
public sealed class PlainFaultTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-faults-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--votes is 'three'; it is a whole number.", "--votes", "three")]
    [InlineData("--temperature is 'hot'; it is a number.", "--temperature", "hot")]
    [InlineData("There is no option --vots. Did you mean --votes?", "--vots", "5")]
    [InlineData("There is no option --nothing-like-it.", "--nothing-like-it")]
    [InlineData("--device is 'tpu'; it is cpu, cuda or cuda:N.", "--device", "tpu")]
    [InlineData("--dtype is 'int8'; it is auto, float32 (f32) or bfloat16 (bf16).", "--dtype", "int8")]
    public async Task Judge_Slip_IsNamedAsTheUserWroteIt(string message, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["judge", "--query", "q", "--response", "a", "--response", "b", .. args]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.StartsWith($"rrm: {message}\n", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_MisspeltOption_IsNotTakenForAFile()
    {
        RrmResult result = await Rrm.RunAsync("score", "in.jsonl", "--vots", "5", "--out", Path.Combine(_folder, "out.jsonl"));
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.StartsWith("rrm: There is no option --vots. Did you mean --votes?\n", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Score_OutInAMissingFolder_SaysSoBeforeJudging()
    {
        string input = Path.Combine(_folder, "in.jsonl");
        await File.WriteAllTextAsync(input, """{"query":"1+1","response_1":"2","response_2":"3"}""", TestContext.Current.CancellationToken);
        RrmResult result = await Rrm.RunAsync("score", input, "--out", Path.Combine(_folder, "missing", "out.jsonl"));
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("there is no folder", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MistypedVerb_IsSuggested()
    {
        RrmResult result = await Rrm.RunAsync("scor");
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.StartsWith("rrm: 'scor' is not understood here. Did you mean score?\n", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain\ttext\n", "plain\ttext\n")]
    [InlineData("a\r\nb", "a\r\nb")]
    [InlineData("a\rb", "a\\u000db")]
    [InlineData("\e[2J\e]52;c;aGk=\a", "\\u001b[2J\\u001b]52;c;aGk=\\u0007")]
    [InlineData("\u009b31m", "\\u009b31m")]
    [InlineData("safe\u202eexe", "safe\\u202eexe")]
    public void Escape_WhatATerminalActsOn_IsShown(string text, string shown) => Assert.Equal(shown, SafeText.Escape(text));

    [Fact]
    public void Out_ColourInAResponse_IsShownAndOurOwnIsWritten()
    {
        using MemoryStream output = new();
        using (Terminal terminal = new(Stream.Null, output, new StringWriter(), outIsTerminal: true))
        {
            terminal.Out.WriteLine(terminal.Paint("Response \e[31m1", "32"));
        }

        Assert.Equal("\e[32mResponse \\u001b[31m1\e[0m\n", System.Text.Encoding.UTF8.GetString(output.ToArray()));
    }

    [Fact]
    public async Task Out_Full_IsToldInOneLineAndFails()
    {
        StringWriter error = new();
        Terminal terminal = new(Stream.Null, new OutputStream(new FullStream()), error);
        int exitCode = await CommandLine.RunAsync(["bench", "list"], terminal, TestContext.Current.CancellationToken);
        terminal.Dispose();
        Assert.Equal(ExitCodes.Failed, exitCode);
        Assert.StartsWith("rrm: standard output cannot be written: No space left", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Error_Full_DoesNotStopTheVerb()
    {
        using MemoryStream output = new();
        int exitCode;
        using (Terminal terminal = new(Stream.Null, output, new StreamWriter(new FullStream()) { AutoFlush = true }))
        {
            exitCode = await CommandLine.RunAsync(["nothing"], terminal, TestContext.Current.CancellationToken);
        }

        Assert.Equal(ExitCodes.BadUsage, exitCode);
    }

    [Fact]
    public void MissingLog_ManyEqualReasons_NamesThreeAndCountsTheRest()
    {
        StringWriter error = new();
        using (Terminal terminal = new(Stream.Null, Stream.Null, error))
        {
            Runs.MissingLog log = new(terminal);
            for (int row = 1; row <= 700; row++)
            {
                log.Add(new($"in.jsonl:{row}", $"the prompt has {row + 1000} tokens"));
            }

            log.Finish();
        }

        string[] lines = error.ToString().TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.Equal("rrm: and 697 more like this, the last at in.jsonl:700: the prompt has 1700 tokens", lines[3]);
    }

    private sealed class FullStream : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => 0;

        public override long Position { get; set; }

        public override void Flush() { }

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override long Seek(long offset, SeekOrigin origin) => 0;

        public override void SetLength(long value) { }

        public override void Write(byte[] buffer, int offset, int count) => throw new IOException("No space left on device");
    }
}
