using RewardReasoning.Models.Generation;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Models.Tests.Generation;

/// <summary>Values of the calculator in a completion that is being written.</summary>
public sealed class CalculatorTests : IDisposable
{
    private readonly ChatFolder _folder = ChatFolder.Random();

    private Tokenizer Tokenizer => _folder.Tokenizer;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Advance_CallEnds_ValueFollowsAndTheModelGoesOn()
    {
        Completion completion = await Completed("2+2 <calc>12*37</calc>", "!</think>ok<|end|>");
        Assert.Equal("2+2 <calc>12*37</calc>444!", completion.Reasoning);
        Assert.Equal(("ok", CompletionEnd.Stop), (completion.Answer, completion.End));
        Assert.Equal(completion.Ids.Length - 3, completion.GeneratedTokens);
        Assert.Equal(completion.ReasoningTokens, Tokenizer.Encode("2+2 <calc>12*37</calc>!").Length);
    }

    [Fact]
    public async Task Advance_WithoutCalculator_CallsAreText()
    {
        Completion completion = await Completed("<calc>12*37</calc>", "!</think>ok<|end|>", calculator: false);
        Assert.Equal("<calc>12*37</calc>!", completion.Reasoning);
    }

    [Fact]
    public async Task Advance_CallInTheAnswer_IsText()
    {
        Completion completion = await Completed("</think><calc>12*37</calc>", "<|end|>");
        Assert.Equal("<calc>12*37</calc>", completion.Answer);
    }

    [Fact]
    public async Task Advance_NothingToCompute_SaysSo()
    {
        Completion completion = await Completed("<calc>import os</calc>", "!</think><|end|>");
        Assert.Equal("<calc>import os</calc>no value!", completion.Reasoning);
    }

    [Fact]
    public async Task Advance_BudgetEndsWithTheCall_ValueComesBeforeTheStub()
    {
        int[] stub = Tokenizer.Encode("</think>");
        Completion completion = await Completed(
            "<calc>6*7</calc>",
            "x<|end|>",
            request =>
                request with
                {
                    Budget = new ThinkingBudget { Cap = Tokenizer.Encode("<calc>6*7</calc>").Length, Stub = stub },
                }
        );
        Assert.Equal(("<calc>6*7</calc>42", "x"), (completion.Reasoning, completion.Answer));
        Assert.Equal(stub, completion.Ids.AsSpan(completion.StubStart ?? -1, completion.StubLength).ToArray());
    }

    [Fact]
    public async Task Advance_LengthEndsWithTheCall_ValueIsStillWritten()
    {
        Completion completion = await Completed(
            "<calc>6*7</calc>",
            "",
            request => request with { MaxTokens = Tokenizer.Encode("<calc>6*7</calc>").Length }
        );
        Assert.Equal(("<calc>6*7</calc>42", CompletionEnd.Length), (completion.Reasoning, completion.End));
    }

    private Task<Completion> Completed(
        string first,
        string second,
        Func<GenerationRequest, GenerationRequest>? change = null,
        bool calculator = true
    )
    {
        GenerationRequest request = new()
        {
            Prompt = Tokenizer.Encode("<|user|>?<|end|><|assistant|><think>"),
            MaxTokens = 100,
            EndTokens = Tokenizer.Encode("<|end|>"),
            Tags = ReasoningTags.Find(Tokenizer),
            ReasoningOpen = true,
            Calculator = calculator,
        };
        Sequence sequence = new(change?.Invoke(request) ?? request, Tokenizer, context: 256, streamed: false);
        Script script = new(new Queue<int>(Tokenizer.Encode(first + second)));
        for (int step = 0; step < 200 && !sequence.IsOver; step++)
        {
            sequence.Advance(script, 0);
        }

        return sequence.Completion;
    }

    /// <summary>A model that writes these tokens.</summary>
    private sealed class Script(Queue<int> tokens) : IStepLogits
    {
        public TokenLogProb Choose(int row, Sequence sequence) => new(tokens.Dequeue(), -1);

        public TokenLogProb[] Top(int row, int count) => [];
    }
}
