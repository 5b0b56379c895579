#include <SheenBidi/SheenBidi.h>

int check(void)
{
    /* ab, two letters of Hebrew, cd: three runs, the middle one from right to left */
    const char text[] = "ab\xd7\x90\xd7\x91" "cd";
    SBCodepointSequence sequence = {SBStringEncodingUTF8, (void *)text, sizeof text - 1};
    SBAlgorithmRef algorithm = SBAlgorithmCreate(&sequence);
    SBParagraphRef paragraph = SBAlgorithmCreateParagraph(algorithm, 0, sizeof text - 1, SBLevelDefaultLTR);
    SBLineRef line = SBParagraphCreateLine(paragraph, 0, SBParagraphGetLength(paragraph));
    const SBRun *runs = SBLineGetRunsPtr(line);
    int wrong = SBLineGetRunCount(line) != 3 || runs[1].level != 1 || runs[1].offset != 2 || runs[1].length != 4;
    SBLineRelease(line);
    SBParagraphRelease(paragraph);
    SBAlgorithmRelease(algorithm);
    return wrong;
}
