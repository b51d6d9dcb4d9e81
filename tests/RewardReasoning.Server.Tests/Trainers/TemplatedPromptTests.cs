using RewardReasoning.Server.Trainers;

namespace RewardReasoning.Server.Tests.Trainers;

public sealed class TemplatedPromptTests
{
    [Theory]
    [InlineData("What is 1?", "What is 1?")]
    [InlineData("<|user|>What is 1?<|assistant|>", "What is 1?")]
    [InlineData("<|im_start|>user\nWhat is 1?<|im_end|>\n<|im_start|>assistant\n", "What is 1?")]
    [InlineData("<|im_start|>user\nWhat is 1?<|im_end|>\n<|im_start|>assistant\n<think>\n", "What is 1?")]
    [InlineData(
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
        "System: Be kind.\n\nUser: Hi"
    )]
    [InlineData(
        "<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nWhat?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        "What?"
    )]
    [InlineData("<bos><start_of_turn>user\nWhat?<end_of_turn>\n<start_of_turn>model\n", "What?")]
    [InlineData("<｜begin▁of▁sentence｜><｜User｜>What?<｜Assistant｜>", "What?")]
    [InlineData("<s>[INST] What? [/INST]", "What?")]
    [InlineData("<|user|>A<|assistant|>B<|end|><|user|>C<|assistant|>", "User: A\n\nAssistant: B\n\nUser: C")]
    [InlineData("Explain the token <|user|> to me.", "Explain the token <|user|> to me.")]
    public void ToQuery_TurnsOfKnownTemplates_AreReadAgain(string prompt, string query) =>
        Assert.Equal(query, TemplatedPrompt.ToQuery(prompt));

    [Theory]
    [InlineData("It is 55.<|end|>", "It is 55.")]
    [InlineData("It is 55.</s>", "It is 55.")]
    [InlineData("It is 55.<|im_end|>\n<|endoftext|>", "It is 55.")]
    [InlineData("Write <|end|> at the end.", "Write <|end|> at the end.")]
    public void WithoutEnd_TakesAwayTheTokensThatEndATurn(string response, string text) =>
        Assert.Equal(text, TemplatedPrompt.WithoutEnd(response));

    [Theory]
    [InlineData("What is 1?", "What is 1?It is one.", "It is one.")]
    [InlineData("What is 1?", "What is 1?", "")]
    [InlineData("one two one two one two What is 1?", "ne two What is 1?What is 1? is odd.", "What is 1? is odd.")]
    [InlineData("aaaaaaaaaaaaaaaaaaab", "aaaaaaaaabcc", "cc")]
    [InlineData("a long prompt here", "nothing of it", null)]
    [InlineData("a long prompt here e", "e is not enough of it", null)]
    public void ResponseAfter_FindsTheResponse_AlsoWhereThePromptWasCut(string prompt, string text, string? response) =>
        Assert.Equal(response, TemplatedPrompt.ResponseAfter(prompt, text));
}
